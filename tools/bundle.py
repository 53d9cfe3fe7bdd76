"""Put a trained detector, its enhancer and what its validation images say of them into one folder or zip file.

WORKFLOW_DIR is the folder of a workflow that has run (work_dirs/demo): of detectors in folders DETECTOR/VARIANT/RUN.
The bundle runs on any machine: tools/predict.py BUNDLE IMAGES, tools/enhance_dataset.py BUNDLE SRC DST. It holds
weights and values alone, so it is safe to read, and no image or annotation.

Its score thresholds come from the FROC curve of the validation images: those of the run's config, or --val FILE. Where
they are the test images too, the card (README.md) says so.

Examples:
  python tools/bundle.py work_dirs/demo --out demo.zip
  python tools/bundle.py work_dirs/rsna --out rsna_bundle --detector retinanet --variant raw --val val.json
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools.command_line.device import add_device, chosen_device
from tools.command_line.run import run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workflow", metavar="WORKFLOW_DIR", type=Path, help="folder of a workflow, as work_dirs/demo")
    parser.add_argument("--out", metavar="BUNDLE", type=Path, required=True, help="folder that is made, or NAME.zip")
    parser.add_argument("--detector", help="default: the first by name")
    parser.add_argument("--variant", help="of the images; default: color_cawe, or the only one")
    parser.add_argument("--run", help="training of the detector; default: the first by name, as seed0")
    parser.add_argument(
        "--val",
        metavar="FILE",
        help="COCO file of validation images, in the folder of the run's images or elsewhere",
    )
    parser.add_argument("--name", help="title of the card; default: that of BUNDLE")
    add_device(parser)
    return parser.parse_args(argv)


@dataclass(frozen=True)
class Run:
    """A finished training of a detector: its place in the workflow's folder, and the config inside its weights."""

    detector: str
    variant: str
    name: str
    folder: Path
    checkpoint: Mapping[str, Any]
    config: Any

    def file(self, loader: str) -> Path:
        """The annotation file that a loader of the training reads."""
        dataset = self.config[loader].dataset
        return Path(dataset.data_root, dataset.ann_file)

    @property
    def images(self) -> Path:
        """The folder of the images that it was tested on."""
        return Path(self.config.test_dataloader.dataset.data_root)


def find_run(args: argparse.Namespace) -> Run:
    """The run that the options name.

    Raises:
        MissingFileError: there is no such run, or its images are gone.
        UserError: the options leave a choice.
    """
    from data.errors import MissingFileError
    from training.checkpoints import read_checkpoint, stored_config

    found = sorted(path.parent for path in args.workflow.glob("*/*/*/weights.pth"))
    places = [path.relative_to(args.workflow).parts for path in found]
    if not places:
        raise MissingFileError(
            f"{args.workflow}: no trained detector (DETECTOR/VARIANT/RUN/weights.pth) in it; give the folder of a "
            "workflow that has run, as work_dirs/demo"
        )
    detector = _chosen("--detector", args.detector, [place[0] for place in places])
    variants = [place[1] for place in places if place[0] == detector]
    variant = _chosen("--variant", args.variant or ("color_cawe" if "color_cawe" in variants else None), variants)
    name = _chosen("--run", args.run, [place[2] for place in places if place[:2] == (detector, variant)])
    folder = args.workflow / detector / variant / name
    checkpoint = read_checkpoint(folder / "weights.pth")
    return Run(detector, variant, name, folder, checkpoint, stored_config(checkpoint))


def _chosen(option: str, given: str | None, names: Sequence[str]) -> str:
    from data.errors import MissingFileError

    if given is not None and given not in names:
        raise MissingFileError(f"{option} {given}: the workflow has {', '.join(sorted(set(names)))}")
    return given or min(names)


def enhancer_recipe(run: Run) -> Any:
    """The recipe by which the images of a run were made; that of gray ones for raw images."""
    from enhance.recipe import load_recipe

    made = run.images / "recipe.py"
    return load_recipe(made if made.is_file() else Path(__file__).parents[1] / "configs/enhance/gray.py")


def validation_file(run: Run, given: str | None) -> Path:
    """The annotation file of the validation images: the given one, else that of the run.

    Raises:
        MissingFileError: it is not there.
        UserError: a person in it was trained on.
    """
    from data.errors import MissingFileError, UserError
    from data.leaks.persons import shared_persons

    train, file = run.file("train_dataloader"), run.file("val_dataloader")
    if given is not None:
        file = run.images / given if (run.images / given).is_file() else Path(given)
    if not file.is_file():
        raise MissingFileError(
            f"{file}: no such annotation file; start this in the folder where the workflow ran, or give --val FILE"
        )
    if train.is_file():
        if file.resolve() == train.resolve():
            raise UserError(f"--val {file}: the detector was trained on these images; give others")
        for note in shared_persons({train}, {file}):
            print(f"warning: {note}", file=sys.stderr)
    return file


def write_bundle(run: Run, args: argparse.Namespace, folder: Path) -> None:
    """Write all files of a bundle into an empty folder."""
    from data.atomic import write_text
    from data.coco_file.read import load_coco
    from detect.bundle.contents import DETECTOR, DETECTOR_WEIGHTS, detector_config
    from detect.bundle.files import write_index
    from detect.bundle.make import write_measures
    from detect.froc.detections import read_results
    from detect.froc.ground_truth import read_ground_truth
    from detect.predictor import Detector
    from enhance.recipe import save_recipe
    from training.checkpoints import save_weights

    validation, test = validation_file(run, args.val), run.file("test_dataloader")
    recipe = enhancer_recipe(run)
    save_recipe(recipe, folder, copy_weights=True)
    config = detector_config(run.config)
    write_text(folder / DETECTOR, f'"""The detector of this bundle."""\n\n{config.pretty_text}')
    save_weights(folder / DETECTOR_WEIGHTS, run.checkpoint["state_dict"])
    detector = Detector(config.to_dict(), folder / DETECTOR_WEIGHTS, chosen_device(args.device))
    validated = read_ground_truth(validation), detector.results_on(validation, run.images)
    results = run.folder / "test/predictions.bbox.json"
    tested = None
    if results.is_file() and test.is_file() and test.resolve() != validation.resolve():
        tested = read_ground_truth(test), list(read_results(results))
    categories = load_coco(validation)["categories"]
    write_measures(folder, facts(run, args, recipe, validation, test), validated, tested)
    write_index(
        folder,
        {
            "name": args.name or args.out.stem,
            "detector": f"{run.detector}/{run.variant}/{run.name}",
            "label_names": [category["name"] for category in categories],
            "category_ids": [category["id"] for category in categories],
            "versions": versions(),
        },
    )


def facts(run: Run, args: argparse.Namespace, recipe: Any, validation: Path, test: Path) -> dict[str, Any]:
    """What the card says of data and origin; see `detect.bundle.card.card`."""
    from detect.froc.ground_truth import read_ground_truth, set_counts

    sides = {"trained on": run.file("train_dataloader"), "validation": validation, "test": test}
    return {
        "name": args.name or args.out.stem,
        **{"detector": run.detector, "variant": run.variant, "run": run.name},
        "label_names": list(run.checkpoint["meta"]["dataset_meta"]["classes"]),
        "enhancer": json.dumps(recipe.enhancer.to_dict(), default=str),
        "counts": {side: set_counts(read_ground_truth(file)) for side, file in sides.items() if file.is_file()},
        "same_images": validation.resolve() == test.resolve(),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    return {name: version(name) for name in ("lesion-enhance", "torch", "torchvision", "timm", "onedl-mmdetection")}


def bundle(args: argparse.Namespace) -> Path:
    """Make the bundle and return its path.

    Raises:
        UserError: the place is taken; see also `find_run` and `validation_file`.
    """
    from data.errors import UserError
    from detect.bundle.files import pack

    if args.out.exists():
        raise UserError(f"--out {args.out} exists; give another name, or delete it")
    run = find_run(args)
    print(f"bundling {run.folder}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{args.out.stem}.", dir=args.out.parent) as temporary:
        folder = Path(temporary, "bundle")
        folder.mkdir()
        write_bundle(run, args, folder)
        if args.out.suffix == ".zip":
            pack(folder, args.out)
        else:
            folder.rename(args.out)
    return args.out


def main(argv: Sequence[str] | None = None) -> None:
    made = bundle(parse_args(argv))
    print(f"{made}: python tools/predict.py {made} IMAGES --out PREDICTIONS --fp-per-image 1")


if __name__ == "__main__":
    run(main)
