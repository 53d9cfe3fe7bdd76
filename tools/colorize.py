"""Color gray images: every image becomes an RGB PNG of the same size in DIR. For people who only want color.

IMAGES are files and folders (searched with all folders below them): PNG, JPEG, TIFF, 16-bit, DICOM; color is read as
gray. A file keeps its stem, an image of a folder its path below that folder. What cannot be read is named at the end.

RECIPE says what colors: a recipe.py of a workflow run or a file of configs/enhance/ (of a recipe with attention, only
the colorizer is used, and only its weights are read), or the training config of a colorizer with --checkpoint.

Examples:
  python tools/colorize.py work_dirs/demo/recipe.py scan.dcm photos --out colored
  python tools/colorize.py configs/colorize_gan/joint.py photos --out colored --checkpoint epoch_20.pth
  python tools/colorize.py work_dirs/demo/recipe.py scan.dcm --out colored --keep-luminance --render-size 256
  python tools/colorize.py configs/enhance/jet.py scan.dcm --out colored     # a fixed colormap: nothing to train
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.errors import UserError
from tools.command_line.cfg_options import add_cfg_options
from tools.command_line.device import add_device, chosen_device
from tools.command_line.inputs import check_outputs, named_images
from tools.command_line.run import run
from tools.command_line.workers import available_cores

BATCH_SIZE = 8
"""Images in a call of the colorizer, which takes those of one size together, as far as memory goes."""


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", metavar="RECIPE", help="recipe, or training config of a colorizer")
    parser.add_argument("images", metavar="IMAGES", type=Path, nargs="+", help="image files and folders with images")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the PNGs; made if missing")
    parser.add_argument("--checkpoint", metavar="FILE", help="weights of the colorizer; default: the recipe's")
    parser.add_argument(
        "--render-size", metavar="N", type=natural, help="longer side that the network sees; 0 is full size"
    )
    parser.add_argument(
        "--keep-luminance",
        action=argparse.BooleanOptionalAction,
        help="take the brightness from the image and only the color from the network (default: as in RECIPE)",
    )
    add_device(parser)
    add_cfg_options(parser)
    return parser.parse_args(argv)


def natural(text: str) -> int:
    """A whole number of at least 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 0")
    return int(text)


def plan(inputs: Sequence[Path], out: Path) -> list[tuple[Path, Path]]:
    """Every image with the PNG that it becomes.

    Args:
        inputs: Files, which need not be images, and folders.
        out: Folder of the PNGs.

    Raises:
        UserError: See `named_images`, `output_names` and `check_outputs`.
    """
    from enhance.files import output_names

    jobs = [(image, out / output) for image, output in output_names(named_images(inputs, out)).items()]
    check_outputs(out, {image: [target] for image, target in jobs})
    return jobs


def load(args: argparse.Namespace) -> Any:
    """The enhancer that only colors.

    Raises:
        UserError, MissingFileError: See `load_colorizer`, `build_enhancer` and `chosen_device`; or the colorizer
            lacks an option.
    """
    from enhance.recipe import build_enhancer, load_colorizer

    device = chosen_device(args.device)
    given = dict(checkpoint=args.checkpoint, render_size=args.render_size, keep_luminance=args.keep_luminance)
    changes = {name: value for name, value in given.items() if value is not None}
    try:
        return build_enhancer(load_colorizer(args.recipe, args.cfg_options, **changes), device)
    except TypeError as error:
        raise UserError(f"the colorizer of {args.recipe} does not have this option: {error}") from error


def color(args: argparse.Namespace) -> int:
    """Color all images; the number of those that could not be read."""
    from tqdm import tqdm

    from enhance.files import enhance_files

    jobs = plan(args.images, args.out)
    enhancer = load(args)
    with tqdm(total=len(jobs), unit="image", desc="colorize") as progress:
        failures = enhance_files(enhancer, jobs, BATCH_SIZE, available_cores(), progress)
    print(f"{len(jobs) - len(failures)} images colored in {args.out}, {len(failures)} failed")
    for reason in failures.values():
        print(f"  {reason}", file=sys.stderr)
    return len(failures)


def main(argv: Sequence[str] | None = None) -> int:
    return 1 if color(parse_args(argv)) else 0


if __name__ == "__main__":
    run(main)
