"""A finished training of a detector in the folder of a workflow, and the files that it names."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from data.errors import MissingFileError, UserError
from data.leaks.persons import shared_persons
from training.checkpoints import matching_files, newest_checkpoint, newest_match, read_checkpoint, stored_config

PREFERRED = "color_cawe"
"""The variant that is taken where none is named: the method of paper 002."""


@dataclass(frozen=True)
class Run:
    """A training: what it is called, its folder, its weights with their origin, and the config inside them."""

    detector: str
    variant: str
    name: str
    folder: Path
    checkpoint: Mapping[str, Any]
    config: Config

    def file(self, side: str) -> Path:
        """The annotation file of a side of its data: "train", "val" or "test"."""
        dataset = self.config[f"{side}_dataloader"].dataset
        return Path(dataset.data_root, dataset.ann_file)

    @property
    def images(self) -> Path:
        """The folder of the images, as the detector sees them."""
        return Path(self.config.test_dataloader.dataset.data_root)


def find_runs(workflow: Path, detector: str | None, variant: str | None, names: Sequence[str] | None) -> list[Run]:
    """The trainings DETECTOR/VARIANT/NAME of a workflow; where one is None, `PREFERRED` or the first.

    Args:
        workflow: its folder; or a checkpoint, or the folder of one training by tools/train.py, whose best or else last
            checkpoint is taken.

    Raises:
        MissingFileError: there is none, or no such one.
        UserError: weights cannot be read, hold no config, or are of different models.
    """
    own = own_checkpoint(workflow)
    if own is not None:
        checkpoint = read_checkpoint(own)
        config = stored_config(checkpoint)
        images = Path(config.test_dataloader.dataset.data_root).name
        return [Run(config.model.type, images, own.stem, own.parent, checkpoint, config)]
    places = sorted(path.parent.relative_to(workflow).parts for path in workflow.glob("*/*/*/weights.pth"))
    if not places:
        raise MissingFileError(
            f"{workflow}: no trained detector in it, neither DETECTOR/VARIANT/RUN/weights.pth nor a checkpoint; give "
            "the folder of a workflow that has run, as work_dirs/demo, or that of a training, or a checkpoint"
        )
    detector = _chosen("--detector", detector, [place[0] for place in places])
    variants = [place[1] for place in places if place[0] == detector]
    variant = _chosen("--variant", variant or (PREFERRED if PREFERRED in variants else None), variants)
    there = [place[2] for place in places if place[:2] == (detector, variant)]
    chosen = [_chosen("--run", name, there) for name in names or (None,)]
    runs = [_read(workflow, detector, variant, name) for name in chosen]
    for other in runs[1:]:
        if other.config.model != runs[0].config.model:
            raise UserError(
                f"--run: {runs[0].name} and {other.name} are of different models and cannot be one detector"
            )
    return runs


def own_checkpoint(place: Path) -> Path | None:
    """A checkpoint that is given itself, or the best of a training's folder, or its last; None in other folders."""
    if place.is_file():
        return place
    best = str(place / "best_*.pth")
    return Path(newest_match(best)) if matching_files(best) else newest_checkpoint(place)


def _read(workflow: Path, detector: str, variant: str, name: str) -> Run:
    folder = workflow / detector / variant / name
    checkpoint = read_checkpoint(folder / "weights.pth")
    return Run(detector, variant, name, folder, checkpoint, stored_config(checkpoint))


def _chosen(option: str, given: str | None, names: Sequence[str]) -> str:
    if given is not None and given not in names:
        raise MissingFileError(f"{option} {given}: the workflow has {', '.join(sorted(set(names)))}")
    return given or min(names)


def validation_file(runs: Sequence[Run], given: str | None) -> Path:
    """The annotation file of the validation images: the given one, else that of the first run.

    Args:
        runs: no person of any of which may be in it.
        given: a name in the folder of the run's images, or a path.

    Raises:
        MissingFileError: it is not there.
        UserError: a person in it was trained on.
    """
    images, file = runs[0].images, runs[0].file("val")
    if given is not None:
        file = images / given if (images / given).is_file() else Path(given)
    if not file.is_file():
        raise MissingFileError(
            f"{file}: no such annotation file; start this in the folder where the workflow ran, or give --val FILE"
        )
    trained = {run.file("train") for run in runs}
    if file.resolve() in {train.resolve() for train in trained}:
        raise UserError(f"{file}: the detector was trained on these images; give others by --val FILE")
    for note in shared_persons([train for train in trained if train.is_file()], [file]):
        print(f"warning: {note}", file=sys.stderr)
    return file
