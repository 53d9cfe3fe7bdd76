"""A learning curve in words."""

from typing import Any

import numpy as np

from detect.learning_curve.sizes import variant_name
from detect.learning_curve.tables import SIGNS, column_name, shown, worth_cell
from detect.table1.evaluation import MEAN
from detect.table1.row_names import split_key
from detect.table1.wording import reading as table1_reading
from detect.table1.wording import table1_notes


def reading(report: dict[str, Any]) -> list[str]:
    """Say what each variant is worth by the mean, then what the differences at each size are."""
    entries = [entry for entry in report["worth"] if entry["at"] == MEAN and entry["images"]["value"] is not None]
    sentences = []
    for name in dict.fromkeys(variant_name(entry["a"]) for entry in entries):
        phrases = [_phrase(report, entry) for entry in entries if variant_name(entry["a"]) == name]
        sentences.append(f"By the mean of Sens@N {name} is as good with {', '.join(phrases)}.")
    if sentences:
        sentences.append("In brackets 95 % intervals; ≤ and ≥: beyond the sizes that were trained with.")
    return [*([" ".join(sentences)] if sentences else []), *table1_reading(report)]


def _phrase(report: dict[str, Any], entry: dict[str, Any]) -> str:
    """Such as "50 images as raw with 120 [≤50, 310]"."""
    cell, own = worth_cell(entry, "images"), report["sizes"][split_key(entry["a"])[0]]
    bound = f"{entry['bound']} " if entry["bound"] else ""
    low, high = cell.interval or ("", "")
    number = cell.text.removeprefix(SIGNS[entry["bound"]])
    return f"{own} images as {variant_name(entry['b'])} with {bound}{number} [{low}, {high}]"


def notes(report: dict[str, Any]) -> list[str]:
    """Say what the numbers leave out: the notes of a table, and where the curve of the baseline falls."""
    falling = [column_name(at) for at in shown(report) if (np.diff(_baseline(report, at)) < 0).any()]
    if not (falling and report["worth"]):
        return table1_notes(report)
    baseline = variant_name(report["worth"][0]["b"])
    note = f"More images do not always help {baseline} ({', '.join(falling)}): where its curve falls it is averaged."
    return [*table1_notes(report), note]


def _baseline(report: dict[str, Any], at: str) -> list[float]:
    """The sensitivities of the baseline, sizes rising."""
    rows = report["rows"]
    return [row["sens_at"][at]["value"] for key, row in rows.items() if key == row["baseline"]]
