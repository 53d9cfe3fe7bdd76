"""Enhance a data set: every image below SRC becomes an RGB PNG of the same size below DST; boxes stay where they are.

SRC is any folder with images (PNG, JPEG, TIFF, 16-bit, DICOM) and COCO JSON files. DST gets the enhanced images, the
JSON files, enhance_manifest.json (what was done to each file) and recipe.py (how). A killed run continues; a second one
does nothing.

Examples:
  python tools/enhance_dataset.py work_dirs/demo/recipe.py MY_IMAGES OUT
  python tools/enhance_dataset.py configs/enhance/color_cawe.py datasets/rsna datasets/rsna_color_cawe
  torchrun --nproc-per-node 4 tools/enhance_dataset.py configs/enhance/color_cawe.py datasets/rsna OUT   # 4 GPUs
  ... --cfg-options enhancer.alpha=0.7 enhancer.classifier.checkpoint=my.pth
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from tools.command_line.cfg_options import add_cfg_options
from tools.command_line.deterministic import add_deterministic, be_deterministic
from tools.command_line.device import add_device, chosen_device
from tools.command_line.inputs import print_failures
from tools.command_line.run import run
from tools.command_line.workers import add_workers

AGAIN = "run it again: what is done is kept"
"""What to do after a stop from outside."""


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="recipe: a file of configs/enhance/, a recipe.py of an earlier run, or a bundle")
    parser.add_argument("src", help="folder with the images and their COCO JSON files")
    parser.add_argument("dst", help="folder for the enhanced ones; made if missing")
    parser.add_argument(
        "--ann", nargs="+", metavar="FILE", help="only these COCO files, relative to SRC, and the images that they list"
    )
    parser.add_argument("--batch-size", type=int, default=8, help="images per step on the device (default 8)")
    add_workers(parser, "threads that decode, and as many that write")
    add_device(parser)
    parser.add_argument("--limit", type=int, help="only the first so many images")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="exit code 1 if one image is missing or unreadable (without: if all are)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the images of another recipe in DST")
    add_deterministic(parser)
    add_cfg_options(parser)
    return parser.parse_args(argv)


def enhance(args: argparse.Namespace, file: Path) -> dict[str, Any] | None:
    """Enhance the images, those of this process alone under torchrun, where the first process then reports on all.

    Args:
        file: the recipe; that of a bundle may be gone afterwards.

    Returns:
        The manifest; None in the other processes of torchrun.
    """
    import torch.distributed as dist

    from enhance.dataset import enhance_dataset
    from enhance.inference import lay_out
    from enhance.recipe import build_enhancer, fingerprint, load_recipe, save_recipe

    device = chosen_device(args.device)
    if dist.is_torchelastic_launched() and device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
    recipe = load_recipe(file, args.cfg_options)
    enhancer = build_enhancer(recipe, device)
    identity = fingerprint(recipe, enhancer)
    lay_out(enhancer)
    if dist.is_torchelastic_launched():
        # Only now: modules of torch that are imported while a group stands keep it, as the default of their functions,
        # and its threads with it, which now and then abort the end of Python.
        dist.init_process_group("gloo", timeout=timedelta(days=7))  # at the end they wait for the slowest
    manifest = enhance_dataset(
        enhancer,
        args.src,
        args.dst,
        identity,
        batch_size=args.batch_size,
        workers=args.workers,
        ann_files=args.ann,
        limit=args.limit,
        overwrite=args.overwrite,
    )
    if dist.is_initialized() and dist.get_rank() > 0:
        return None
    save_recipe(recipe, args.dst, copy_weights=file != Path(args.config))
    return manifest


def report(manifest: Mapping[str, Any], dst: str) -> None:
    """Print what was done, and on stderr what could not be."""
    from enhance.dataset import MANIFEST

    counts = manifest["counts"]
    print(f"{counts['enhanced']} images enhanced, {counts['failed']} failed; see {dst}/{MANIFEST}")
    print_failures(manifest)
    if not manifest["annotations"]:
        print(
            "note: SRC has no COCO file, so there are images alone; tools/prepare_dataset.py makes one", file=sys.stderr
        )
    for name, missing in missing_images(manifest).items():
        print(f"  {name} lists {len(missing)} images without an enhanced one, {missing[0]} first", file=sys.stderr)


def missing_images(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """The images that a COCO file lists and that are missing or failed, once all were asked for."""
    files = manifest["annotations"] if manifest["complete"] else {}
    return {name: entry["without_image"] for name, entry in files.items() if entry.get("without_image")}


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    if args.deterministic:
        be_deterministic()
    from detect.bundle.contents import recipe_file

    with recipe_file(args.config) as file:
        manifest = enhance(args, file)
    if manifest is None:
        return 0
    report(manifest, args.dst)
    counts = manifest["counts"]
    lacking = counts["failed"] or missing_images(manifest)
    return 1 if lacking and (args.strict or not counts["enhanced"]) else 0


if __name__ == "__main__":
    run(main)
