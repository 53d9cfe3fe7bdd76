"""CheXpert (Irvin et al., AAAI 2019): chest radiographs with 14 labels taken from reports, some of them uncertain.

224,316 images of 65,240 patients; `train.csv`, and `valid.csv` (234 images) labeled by radiologists. A label is 1
(positive), 0 (negative), -1 (uncertain) or blank (not mentioned in the report).
"""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from data.coco import ImageRecord
from data.errors import UserError
from data.readers.parts.errors import DatasetNotFound
from data.readers.parts.missing import add_allow_missing, check_missing
from data.readers.parts.tables import read_table
from data.readers.reader import Reader, SourceData

if TYPE_CHECKING:
    import pandas as pd

LABELS = (
    "No Finding",
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    "Support Devices",
)
"""The 14 labels in their official order."""

VIEWS = ("frontal", "lateral", "all")

_NAME = "CheXpert"
_WHERE = (
    "https://stanfordmlgroup.github.io/competitions/chexpert/ (registration needed; the 11 GB small version will do)"
)
_SHAPE = """  SRC/train.csv   Path,Sex,Age,Frontal/Lateral,AP/PA and the 14 labels (or --train-csv, --test-csv)
  SRC/valid.csv
  SRC/train/patient00001/study1/view1_frontal.jpg   as in the column Path, whose first folders may be missing"""


def add_options(parser: ArgumentParser) -> None:
    add_allow_missing(parser)
    parser.add_argument("--train-csv", default="train.csv", help="table for train.json (default train.csv)")
    parser.add_argument("--test-csv", default="valid.csv", help="table for test.json (default valid.csv)")
    parser.add_argument("--view", choices=VIEWS, default="frontal", help="views to take (default frontal)")


def check_source(src: str | os.PathLike[str], train_csv: str = "train.csv", test_csv: str = "valid.csv") -> None:
    """Make sure that the two tables are there.

    Args:
        train_csv, test_csv: names relative to `src`.

    Raises:
        DatasetNotFound: the folder or a table is not.
    """
    if not Path(src).is_dir():
        raise DatasetNotFound(_NAME, src, "no such folder", _WHERE, _SHAPE)
    for name in (train_csv, test_csv):
        if not (Path(src) / name).is_file():
            raise DatasetNotFound(_NAME, src, f"no table {name}", _WHERE, _SHAPE)


def read(
    src: str | os.PathLike[str],
    train_csv: str = "train.csv",
    test_csv: str = "valid.csv",
    view: str = "frontal",
    allow_missing: bool = False,
) -> SourceData:
    """Read both tables: the sides "train" and "test".

    Args:
        train_csv, test_csv: see `check_source`.
        view, allow_missing: see `read_side`.

    Raises:
        DatasetNotFound: see `check_source`.
        UserError: see `read_side`; or a patient is in both tables.
    """
    check_source(src, train_csv, test_csv)
    tables = Path(src) / train_csv, Path(src) / test_csv
    train, test = (read_side(table, view, allow_missing) for table in tables)
    shared = {str(record.patient_id) for record in train} & {str(record.patient_id) for record in test}
    if shared:
        raise UserError(f"{len(shared)} patients are in both {tables[0]} and {tables[1]}; the first is {min(shared)}")
    return SourceData({"train": train, "test": test}, label_names=LABELS)


def read_side(table: str | os.PathLike[str], view: str = "frontal", allow_missing: bool = False) -> list[ImageRecord]:
    """Read one CheXpert table. Width and height are 0.

    `Path` is looked for below the table's folder, whole or without its first folders ("CheXpert-v1.0-small/train/...").

    Args:
        view: "frontal", "lateral" or "all".
        allow_missing: leave out rows without an image file, with a warning, instead of raising.

    Returns:
        Records with 14 `labels` (1, 0, -1 or None), `patient_id` from the path ("patient00001").

    Raises:
        UserError: a column or all chosen images are missing, a label is of another value, a path names no patient, a
            row no view.
    """
    if view not in VIEWS:
        raise UserError(f"view must be one of {VIEWS}, got {view!r}")
    table = Path(table)
    rows = _read_labels(table)
    if view != "all":
        strange = ~rows["view"].isin(VIEWS)
        if strange.any():
            raise UserError(
                f"{table}: row {int(strange.argmax()) + 1} has the view {rows['view'][strange].iloc[0]!r}, neither "
                "frontal nor lateral; mend or remove it, or take all views (--view all)"
            )
        rows = rows[rows["view"] == view]
    if rows.empty:
        raise UserError(f"{table}: no image of view {view!r}")
    skip = _leading_folders(table, rows["Path"])
    files = [Path(*Path(path).parts[skip:]) for path in rows["Path"]]
    missing = [table.parent / file for file in files if not (table.parent / file).is_file()]
    remedy = "Complete the folder, or allow missing images (--allow-missing)"
    check_missing(table, missing, len(files), "have no file", remedy, allow_missing)
    absent = set(missing)
    values = rows[list(LABELS)].to_numpy(dtype=np.float64)
    return [
        ImageRecord(table.parent / file, f"images/{file.as_posix()}", 0, 0, _patient(table, file), labels=_labels(row))
        for file, row in zip(files, values, strict=True)
        if table.parent / file not in absent
    ]


def _read_labels(table: Path) -> pd.DataFrame:
    """The table with a column `view`."""
    rows = read_table(table, ["Path", *LABELS], dtype={"Path": str})
    blank = rows["Path"].isna()
    if blank.any():
        raise UserError(f"{table}: row {int(blank.argmax()) + 1} has no Path; mend or remove it")
    values = rows[list(LABELS)]
    wrong = ~(values.isna() | values.isin([1, 0, -1])).all(axis=1)
    if wrong.any():
        raise UserError(
            f"{table}: {int(wrong.sum())} rows have labels other than 1, 0, -1, blank: {rows['Path'][wrong].iloc[0]}"
        )
    views = rows["Frontal/Lateral"] if "Frontal/Lateral" in rows else rows["Path"].str.extract("(frontal|lateral)")[0]
    return rows.assign(view=views.astype(str).str.strip().str.lower())


def _leading_folders(table: Path, paths: pd.Series) -> int:
    """How many first folders of `Path` are not below the table's folder; 0 when no image is found at all."""
    for path in paths:
        parts = Path(path).parts
        for skip in range(len(parts) - 1):
            if table.parent.joinpath(*parts[skip:]).is_file():
                return skip
    return 0


def _patient(table: Path, file: Path) -> str:
    found = re.search(r"patient\d+", file.as_posix())
    if found is None:
        raise UserError(f"{table}: the path {file} names no patient (expected .../patient00001/...)")
    return found.group()


def _labels(row: np.ndarray) -> list[int | None]:
    return [None if np.isnan(value) else int(value) for value in row]


READER = Reader("chexpert", __doc__, check_source, read, add_options, has_own_sides=True)
