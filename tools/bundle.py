"""Put a trained detector, its enhancer and what its validation images say of them into one folder or zip file.

WORKFLOW_DIR is the folder of a workflow that has run (work_dirs/demo): of detectors in folders DETECTOR/VARIANT/RUN. It
may also be a checkpoint, or the folder of one training by tools/train.py; images that tools/enhance_dataset.py has made
bring their recipe.
The bundle runs on any machine: tools/predict.py BUNDLE IMAGES, tools/enhance_dataset.py BUNDLE SRC DST. It holds
weights and values alone, so it is safe to read, and no image or annotation.

Its score thresholds come from the FROC curve of the validation images: those of the run's config, or --val FILE. Where
they are the test images too, the card (README.md) says so.

Examples:
  python tools/bundle.py work_dirs/demo --out demo.zip
  python tools/bundle.py work_dirs/rsna --out rsna_bundle --detector retinanet --variant raw --val val.json
  python tools/bundle.py work_dirs/faster_rcnn_small --out mine.zip          # trained by tools/train.py
  python tools/bundle.py work_dirs/rsna --out three.zip --run seed0 seed1 seed2   # often several points better
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools.command_line.device import add_device, chosen_device
from tools.command_line.folders import check_folder
from tools.command_line.run import run

VERSIONS = ("lesion-enhance", "torch", "torchvision", "timm", "onedl-mmdetection")


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "workflow",
        metavar="WORKFLOW_DIR",
        type=Path,
        help="folder of a workflow, as work_dirs/demo, or of a training; or a checkpoint",
    )
    parser.add_argument("--out", metavar="BUNDLE", type=Path, required=True, help="folder that is made, or NAME.zip")
    parser.add_argument("--detector", help="default: the first by name")
    parser.add_argument("--variant", help="of the images; default: color_cawe, else the first by name")
    parser.add_argument(
        "--run",
        nargs="+",
        metavar="NAME",
        help="training of the detector, or several as one; default: the first",
    )
    parser.add_argument("--flip", action="store_true", help="detect in mirror images too: twice the time")
    parser.add_argument(
        "--val", metavar="FILE", help="COCO file of validation images, in the folder of the run's images or elsewhere"
    )
    parser.add_argument("--name", help="title of the card; default: that of BUNDLE")
    add_device(parser)
    return parser.parse_args(argv)


def enhancer_recipe(images: Path) -> Any:
    """The recipe by which a folder of images was made; that of gray ones for raw images."""
    from enhance.recipe import load_recipe

    made = images / "recipe.py"
    return load_recipe(made if made.is_file() else Path(__file__).parents[1] / "configs/enhance/gray.py")


def write_bundle(args: argparse.Namespace, folder: Path) -> None:
    """Write all files of a bundle into an empty folder."""
    from detect.bundle.contents import DETECTOR, detector_config
    from detect.bundle.files import write_index
    from detect.bundle.make import write_measures
    from detect.bundle.run import find_runs, validation_file
    from detect.froc.ground_truth import read_ground_truth, set_counts
    from detect.predictor import load_detector
    from enhance.recipe import save_recipe
    from training.checkpoints import save_weights
    from training.testing import check_names

    runs = find_runs(args.workflow, args.detector, args.variant, args.run)
    run, members = runs[0], {f"detector_{number}.safetensors": one for number, one in enumerate(runs, start=1)}
    files = {"trained on": run.file("train"), "validation": validation_file(runs, args.val), "test": run.file("test")}
    truths = {side: read_ground_truth(file) for side, file in files.items() if file.is_file()}
    is_test = files["validation"].resolve() == files["test"].resolve()
    about = {
        "name": args.name or args.out.stem,
        **{"detector": run.detector, "variant": run.variant, "runs": [one.name for one in runs]},
        "label_names": [*truths["validation"].categories.values()],
        "category_ids": [*truths["validation"].categories],
        **{"members": [*members], "flip": args.flip},
        "versions": {package: version(package) for package in VERSIONS},
    }
    trained = run.checkpoint.get("meta", {}).get("dataset_meta") or {}
    check_names(trained, {"classes": about["label_names"], "ann_file": files["validation"]})
    print(f"bundling {', '.join(str(one.folder) for one in runs)}, with thresholds from {files['validation']}")
    if is_test:
        print("note: these are the test images too, so what the thresholds promise is a little too good (--val FILE)")

    recipe = enhancer_recipe(run.images)
    save_recipe(recipe, folder, copy_weights=True)
    text = detector_config(run.config).pretty_text
    (folder / DETECTOR).write_text(f'"""The detector of this bundle."""\n\n{text}', encoding="utf-8")
    for file, one in members.items():
        save_weights(folder / file, one.checkpoint["state_dict"])
    detector = load_detector(folder, [*members], args.flip, chosen_device(args.device))
    measured = {
        side: (truths[side], detector.results_on(files[side], run.images))
        for side in (["validation"] if is_test else ["validation", "test"])
        if side in truths
    }
    facts = {"enhancer": json.dumps(recipe.enhancer.to_dict(), default=str), "same_images": is_test}
    facts["counts"] = {side: set_counts(truth) for side, truth in truths.items()}
    write_measures(folder, about | facts, measured["validation"], measured.get("test"))
    write_index(folder, about)


def bundle(args: argparse.Namespace) -> None:
    """Make the bundle.

    Raises:
        UserError: its place is taken; see also `detect.bundle.run`.
    """
    from data.errors import UserError
    from detect.bundle.files import pack

    if args.out.exists():
        raise UserError(f"--out {args.out} exists; give another name, or delete it")
    check_folder(args.out.parent)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{args.out.stem}.", dir=args.out.parent) as temporary:
        folder = Path(temporary, "bundle")
        folder.mkdir()
        write_bundle(args, folder)
        if args.out.suffix == ".zip":
            pack(folder, args.out)
        else:
            folder.rename(args.out)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    bundle(args)
    print(f"{args.out} is made; python tools/predict.py {args.out} IMAGES --out PREDICTIONS --fp-per-image 1")


if __name__ == "__main__":
    run(main)
