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


def refuse_shared_persons(train: str | os.PathLike[str], test: str | os.PathLike[str]) -> None:
    """Make sure that nobody is both trained on and tested.

    Args:
        train, test: COCO files of one data set, or of sets that name persons alike.

    Raises:
        UserError: somebody is; see also `data.coco_file.read.load_coco`.
    """
    shared = persons_of(load_coco(train)) & persons_of(load_coco(test))
    if shared:
        raise UserError(
            f"{len(shared)} persons are in both {Path(train)} and {Path(test)}, the first is {min(shared)}: what is "
            "measured there would be too good; split by person (tools/prepare_dataset.py does), or mend patient_id"
        )
