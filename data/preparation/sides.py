"""The sides of a prepared data set: who is trained on, who validates, who is tested. One JSON file per side."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.atomic import write_json
from data.coco import ImageRecord, records_to_coco, split_by_patient
from data.errors import UserError
from data.readers.reader import ALL

Sides = Mapping[str, Sequence[ImageRecord]]
"""Name of the side to its records; the name is that of its file."""


@dataclass(frozen=True)
class Shares:
    """How patients are shared out, where the source does not say it.

    Attributes:
        test_fraction: share of all patients that is tested, in (0, 1). Not used where the source has sides.
        val_fraction: share that validates, of all patients, or, where the source has sides, of those to train on; 0
            makes no such side.
        seed: of the draw.
    """

    test_fraction: float = 0.2
    val_fraction: float = 0.0
    seed: int = 0


def check_shares(shares: Shares, source_sides: Iterable[str]) -> None:
    """Find out before the long work whether anybody is left to train on.

    Raises:
        UserError: nobody is, or a share is no share.
    """
    test, val = shares.test_fraction, shares.val_fraction
    if ALL not in source_sides:
        if not 0 <= val < 1:
            raise UserError(f"--val-fraction {val:g} leaves nobody to train on")
        return
    if not 0 < test < 1:
        raise UserError(f"--test-fraction {test:g}: give a share between 0 and 1")
    if not 0 <= val < 1 - test:
        raise UserError(f"--val-fraction {val:g} and --test-fraction {test:g} leave nobody to train on")


def divide(records: Sequence[ImageRecord], source_sides: Sides, shares: Shares) -> dict[str, list[ImageRecord]]:
    """Give every prepared record its side: that of its source, or one drawn by patient.

    Args:
        records: prepared; those that were left out are missing.
        source_sides: what the reader found, `SourceData.sides`.

    Raises:
        UserError: a side would be empty; see `data.coco.split_by_patient`.
    """
    if ALL in source_sides:
        return _draw(records, shares)
    sides = {name: _of_sources(records, found) for name, found in source_sides.items()}
    if shares.val_fraction:
        sides["train"], sides["val"] = split_by_patient(sides["train"], 1 - shares.val_fraction, shares.seed)
    return sides


def _draw(records: Sequence[ImageRecord], shares: Shares) -> dict[str, list[ImageRecord]]:
    rest, test = split_by_patient(records, 1 - shares.test_fraction, shares.seed)
    if not shares.val_fraction:
        return {"train": rest, "test": test}
    fraction_of_rest = shares.val_fraction / (1 - shares.test_fraction)
    train, val = split_by_patient(rest, 1 - fraction_of_rest, shares.seed)
    return {"train": train, "val": val, "test": test}


def _of_sources(records: Sequence[ImageRecord], found: Sequence[ImageRecord]) -> list[ImageRecord]:
    sources = {record.source for record in found}
    return [record for record in records if record.source in sources]


def write_sides(
    dst: str | os.PathLike[str], sides: Sides, categories: Sequence[str], label_names: Sequence[str] | None
) -> None:
    """Write `dst/<side>.json` for each side.

    Raises:
        UserError: see `data.coco.records_to_coco`.
    """
    for name, records in sides.items():
        write_json(Path(dst) / f"{name}.json", records_to_coco(records, categories, label_names))


def shared_between(sides: Sides) -> str:
    """A sentence about persons who are on several sides, which a source with sides of its own can have; or ""."""
    seen: dict[str, str] = {}
    shared = {
        record.patient_id
        for name, records in sides.items()
        for record in records
        if record.patient_id is not None and seen.setdefault(record.patient_id, name) != name
    }
    if not shared:
        return ""
    return (
        f"{len(shared)} persons are on several of the source's sides, such as {min(shared)}: training will refuse them."
        " Give the source one side, so that it is split by person; or does --person-pattern name persons too broadly?"
    )


def unknown_persons(sides: Sides) -> str:
    """A sentence about images on which nobody is known; or ""."""
    nobody = sum(record.patient_id is None for records in sides.values() for record in records)
    if not nobody:
        return ""
    return f"nobody is known on {nobody} images, so that one person may be on both sides; --person-pattern says who"


def remove_old_val(dst: str | os.PathLike[str], sides: Sides) -> Path | None:
    """Delete a val.json of an earlier run with other sides: its images would overlap with these.

    Returns:
        The deleted file; None where there was none, or it is of these sides.
    """
    old = Path(dst) / "val.json"
    if "val" in sides or not old.exists():
        return None
    old.unlink()
    return old


def describe_side(name: str, records: Sequence[ImageRecord]) -> str:
    """One line: the file, and how many images, patients and boxes it has."""
    patients = {record.patient_id for record in records}
    known, boxes = len(patients - {None}), sum(len(record.boxes) for record in records)
    people = f"{known} patients"
    if None in patients:
        people = f"{known} known and some unknown patients" if known else "unknown patients"
    return f"{name}.json: {len(records)} images of {people}, {boxes} boxes"
