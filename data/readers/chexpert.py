"""CheXpert (Irvin et al., AAAI 2019): chest radiographs with 14 labels taken from reports, some of them uncertain.

224,316 images of 65,240 patients; `train.csv`, and `valid.csv` (234 images) labeled by radiologists. A label is 1
(positive), 0 (negative), -1 (uncertain) or blank (not mentioned in the report).
"""

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from data.coco import ImageRecord
from data.errors import UserError
from data.readers.errors import DatasetNotFound

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

POLICIES = ("ignore", "zeros", "ones", "smooth_ones", "smooth_zeros", "multiclass", "self_trained")

_NAME = "CheXpert"
_WHERE = (
    "https://stanfordmlgroup.github.io/competitions/chexpert/ (registration needed; the 11 GB small version will do)"
)
_SHAPE = """  SRC/train.csv   Path,Sex,Age,Frontal/Lateral,AP/PA and the 14 labels (or --train-csv, --test-csv)
  SRC/valid.csv
  SRC/train/patient00001/study1/view1_frontal.jpg   as in the column Path, whose first folders may be missing"""


def check_source(
    src: str | os.PathLike[str], train_csv: str = "train.csv", test_csv: str = "valid.csv"
) -> tuple[Path, Path]:
    """Find the two tables below `src`.

    Raises:
        DatasetNotFound: the folder or a table is not there.
    """
    src = Path(src)
    if not src.is_dir():
        raise DatasetNotFound(_NAME, src, "no such folder", _WHERE, _SHAPE)
    for name in (train_csv, test_csv):
        if not (src / name).is_file():
            raise DatasetNotFound(_NAME, src, f"no table {name}", _WHERE, _SHAPE)
    return src / train_csv, src / test_csv


def read_records(
    table: str | os.PathLike[str], view: str = "frontal", allow_missing: bool = False
) -> list[ImageRecord]:
    """Read one CheXpert table. Image files are found, not opened: width and height are 0.

    `Path` is looked for below the table's folder, whole or without its first folders ("CheXpert-v1.0-small/train/...").

    Args:
        view: "frontal", "lateral" or "all".
        allow_missing: leave out rows without an image file, with a warning, instead of raising.

    Returns:
        Records with 14 `labels` (1, 0, -1 or None), `patient_id` from the path ("patient00001").

    Raises:
        UserError: a column or all chosen images are missing, a label is of another value, a path names no patient.
    """
    if view not in VIEWS:
        raise UserError(f"view must be one of {VIEWS}, got {view!r}")
    table = Path(table)
    rows = _read_table(table)
    if view != "all":
        rows = rows[rows["view"] == view]
    if rows.empty:
        raise UserError(f"{table}: no image of view {view!r}")
    skip = _leading_folders(table, rows["Path"])
    files = [Path(*Path(path).parts[skip:]) for path in rows["Path"]]
    missing = [file for file in files if not (table.parent / file).is_file()]
    if missing:
        text = f"{table}: {len(missing)} of {len(files)} images have no file; the first is {table.parent / missing[0]}"
        if not allow_missing or len(missing) == len(files):
            raise UserError(f"{text}. Complete the folder, or allow missing images (--allow-missing)")
        warnings.warn(f"{text}. They are left out.", stacklevel=2)
    absent = set(missing)
    values = rows[list(LABELS)].to_numpy(dtype=np.float64)
    return [
        ImageRecord(table.parent / file, f"images/{file.as_posix()}", 0, 0, _patient(table, file), labels=_labels(row))
        for file, row in zip(files, values, strict=True)
        if file not in absent
    ]


def _read_table(table: Path) -> pd.DataFrame:
    rows = pd.read_csv(table)
    absent = [column for column in ("Path", *LABELS) if column not in rows.columns]
    if absent:
        raise UserError(f"{table}: no column {', '.join(absent)}; expected Path and the 14 CheXpert labels")
    values = rows[list(LABELS)]
    wrong = ~(values.isna() | values.isin([1, 0, -1])).all(axis=1)
    if wrong.any():
        raise UserError(
            f"{table}: {int(wrong.sum())} rows have labels other than 1, 0, -1, blank: {rows['Path'][wrong].iloc[0]}"
        )
    views = rows["Frontal/Lateral"] if "Frontal/Lateral" in rows else rows["Path"].str.extract("(frontal|lateral)")[0]
    return rows.assign(view=views.str.lower())


def _leading_folders(table: Path, paths: pd.Series) -> int:
    """How many first folders of `Path` are not below the table's folder; 0 when no image is found at all."""
    for path in paths.iloc[:100]:
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


def apply_policy(
    labels: np.ndarray,
    policies: str | Mapping[str, str],
    rng: np.random.Generator,
    blank: str | Mapping[str, str] = "ignore",
    predictions: np.ndarray | None = None,
    label_names: Sequence[str] = LABELS,
) -> tuple[np.ndarray, np.ndarray]:
    """Turn labels with uncertain and blank ones into training targets and a mask of the loss terms.

    Policies for uncertain labels (Irvin et al. 2019, section 3.1; the smoothed ones: Pham et al. 2021, section 3.3):
    "ignore" masks the term, not the image; "zeros" and "ones" set 0 and 1; "smooth_ones" draws from U(0.55, 0.85),
    "smooth_zeros" from U(0, 0.3); "multiclass" sets 2, the third class of a three-state head; "self_trained" sets the
    probability that an earlier model gave.

    Blank means "not mentioned". The CheXpert authors count blank as negative; that is `blank="zeros"`. The default
    "ignore" masks it, which is the careful reading, but then a label without any written negative has only positives
    ("No Finding" in CheXpert's train.csv): use `blank={"No Finding": "zeros", ...}` or leave such labels out.

    Args:
        labels: (L,) of 1, 0, -1 (uncertain) and NaN (blank).
        policies: one policy for all labels, or one for each label by name; labels that are not named are "ignore".
        rng: draws the smoothed targets.
        blank: "ignore" or "zeros", also by name; labels that are not named are "ignore".
        predictions: (L,) probabilities; needed by "self_trained".
        label_names: the L names, in the order of `labels`.

    Returns:
        targets float32 (L,) (0 where masked) and mask float32 (L,): 1 where the loss counts.

    Raises:
        UserError: an unknown policy or label name, a label value of another kind, no predictions for "self_trained".
    """
    labels = np.asarray(labels, dtype=np.float64)
    uncertain_rule = _rule_by_label(policies, POLICIES, label_names)
    blank_rule = _rule_by_label(blank, ("ignore", "zeros"), label_names)
    if labels.shape != (len(label_names),) or not np.isin(labels[~np.isnan(labels)], (1, 0, -1)).all():
        raise UserError(f"labels must be {len(label_names)} of 1, 0, -1, NaN; got {labels}")
    targets, mask = np.zeros(labels.shape, np.float32), np.ones(labels.shape, np.float32)
    for i, value in enumerate(labels):
        if np.isnan(value):
            mask[i] = blank_rule[i] == "zeros"
        elif value == -1:
            target = _uncertain_target(uncertain_rule[i], rng, None if predictions is None else predictions[i])
            targets[i], mask[i] = target or 0.0, target is not None
        else:
            targets[i] = value
    return targets, mask


def _uncertain_target(policy: str, rng: np.random.Generator, prediction: float | None) -> float | None:
    """The target of an uncertain label; None masks its loss term."""
    if policy == "smooth_ones":
        return rng.uniform(0.55, 0.85)
    if policy == "smooth_zeros":
        return rng.uniform(0.0, 0.3)
    if policy == "self_trained":
        if prediction is None:
            raise UserError("the policy self_trained needs the predictions of a model trained before")
        return float(prediction)
    return {"ignore": None, "zeros": 0.0, "ones": 1.0, "multiclass": 2.0}[policy]


def _rule_by_label(rules: str | Mapping[str, str], allowed: Sequence[str], label_names: Sequence[str]) -> list[str]:
    by_name = dict.fromkeys(label_names, rules) if isinstance(rules, str) else dict(rules)
    unknown = [name for name in by_name if name not in label_names]
    wrong = [rule for rule in by_name.values() if rule not in allowed]
    if unknown or wrong:
        raise UserError(f"unknown {unknown or wrong}; labels are {list(label_names)}, rules are {list(allowed)}")
    return [by_name.get(name, "ignore") for name in label_names]
