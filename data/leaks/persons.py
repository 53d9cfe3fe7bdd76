"""Persons of whom there are images in several COCO files."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from data.coco import patient_of
from data.coco_file.read import load_coco
from data.errors import UserError


def persons_of(coco: dict[str, Any]) -> set[str]:
    """All persons that are named."""
    return {person for image in coco["images"] if (person := patient_of(image)) is not None}


def name_alike(first: Path, second: Path) -> bool:
    """Whether two COCO files name persons alike: those of one folder do. In another data set a "1" may be another."""
    return first.resolve().parent == second.resolve().parent


def shared_persons(
    train: Collection[Path], test: Collection[Path], persons: Mapping[Path, set[str]] | None = None
) -> list[str]:
    """Make sure that nobody is both trained on and tested, unless that is done on the very file.

    Args:
        train, test: COCO files; what is none has no persons, for what trains or tests on it says what is wrong with it.
        persons: those of every file (`persons_of`), where they are read already.

    Returns:
        A sentence for each two files of different folders that have names of persons in common.

    Raises:
        UserError: two files that name persons alike (`name_alike`) have.
    """
    if persons is None:
        persons = {file: _persons_in(file) for file in {*train, *test}}
    notes = []
    for first, second in ((first, second) for first in sorted(train) for second in sorted(test) if first != second):
        shared = persons[first] & persons[second]
        if not shared:
            continue
        named = f"{len(shared)} persons are in both {first} and {second}, the first is {min(shared)}"
        if name_alike(first, second):
            raise UserError(
                f"{named}: what is measured there would be too good; split by person (tools/prepare_dataset.py does) "
                "or mend patient_id"
            )
        notes.append(f"{named}: if these are the same people, the results are too good.")
    return notes


def _persons_in(file: Path) -> set[str]:
    try:
        return persons_of(load_coco(file))
    except UserError:
        return set()
