"""Persons of whom there are images in two COCO files."""

import os
from pathlib import Path
from typing import Any

from data.coco import patient_of
from data.coco_file.read import load_coco
from data.errors import UserError


def persons_of(coco: dict[str, Any]) -> set[str]:
    """All persons that are named."""
    return {person for image in coco["images"] if (person := patient_of(image)) is not None}


def shared_persons(train: str | os.PathLike[str], test: str | os.PathLike[str]) -> list[str]:
    """Make sure that nobody is both trained on and tested.

    Two files of one folder name persons alike. In another data set a "1" may be somebody else.

    Args:
        train, test: COCO files.

    Returns:
        A sentence where persons of two folders have the same names.

    Raises:
        UserError: somebody of one folder is in both; see also `data.coco_file.read.load_coco`.
    """
    train, test = Path(train), Path(test)
    shared = persons_of(load_coco(train)) & persons_of(load_coco(test))
    if not shared:
        return []
    named = f"{len(shared)} persons are in both {train} and {test}, the first is {min(shared)}"
    if train.resolve().parent == test.resolve().parent:
        raise UserError(
            f"{named}: what is measured there would be too good; split by person (tools/prepare_dataset.py does), or "
            "mend patient_id"
        )
    return [f"{named}: if these are the same people, the results are too good."]


def say_shared_persons(train: set[Path], test: set[Path]) -> list[str]:
    """`shared_persons` of all pairs of files, but for a file and itself, and for what is no COCO file.

    Raises:
        UserError: see `shared_persons`.
    """
    pairs = [(first, second) for first in sorted(train) for second in sorted(test - {first})]
    return [note for pair in pairs if all(map(_is_coco, pair)) for note in shared_persons(*pair)]


def _is_coco(file: Path) -> bool:
    """Whether it can be read; what is wrong with it otherwise is said by what trains or tests on it."""
    try:
        load_coco(file)
    except UserError:
        return False
    return True
