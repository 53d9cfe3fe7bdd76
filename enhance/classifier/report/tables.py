"""What the tables of a classification report say."""

from __future__ import annotations

from typing import Any

from enhance.classifier.report.measures import MEASURES
from enhance.classifier.report.notes import TITLES
from reporting.cells import entry_cell, three_digits
from reporting.table import Cell, Table


def classifier_tables(summary: dict[str, Any]) -> list[Table]:
    """Return the measures with their intervals, and the confusions."""
    return [_measures_table(summary), _confusion_table(summary)]


def count_text(summary: dict[str, Any]) -> str:
    people = f" of {summary['num_groups']} patients" if summary["grouped_by"] == "patient" else ""
    return f"{summary['num_images']} images{people}"


def _measures_table(summary: dict[str, Any]) -> Table:
    rows = [
        [Cell(name), Cell(str(label["num_positive"])), Cell(str(label["num_negative"])), *_cells(label)]
        for name, label in summary["labels"].items()
    ]
    for level in ("mean", "overall"):
        rows.append([Cell(level.capitalize(), strong=True), Cell(""), Cell(""), *_cells(summary[level])])
    decided = f"positive at a score of {summary['settings']['threshold']:g} and above"
    if summary["kind"] == "multi-class":
        decided = "the class of the highest score; a class is counted against all others"
    overall = (
        "all decisions together." if summary["kind"] == "multi-label" else "share of images right, and R_K as MCC."
    )
    note = (
        f"{count_text(summary)}; {summary['kind']}, {decided}. Brackets: 95 % intervals of "
        f"{summary['settings']['bootstrap']} bootstrap resamples of {summary['grouped_by']}s (none where all agree). "
        f"Mean: over the labels where a measure is defined. Overall: {overall}"
    )
    return Table("Measures", ["Label", "Positive", "Negative", *TITLES.values()], rows, note)


def _cells(measures: dict[str, Any]) -> list[Cell]:
    return [entry_cell(measures[name], three_digits) if name in measures else Cell("") for name in MEASURES]


def _confusion_table(summary: dict[str, Any]) -> Table:
    if summary["kind"] == "multi-class":
        matrix = summary["confusion"][0]
        header = ["True \\ predicted", *matrix["classes"]]
        counts = dict(zip(matrix["classes"], matrix["counts"], strict=True))
    else:
        header = ["Label", "True positive", "False positive", "False negative", "True negative"]
        counts = {}
        for matrix in summary["confusion"]:
            (tn, fp), (fn, tp) = matrix["counts"]
            counts[matrix["name"]] = [tp, fp, fn, tn]
    rows = [[Cell(name), *(Cell(str(count)) for count in row)] for name, row in counts.items()]
    return Table("Confusions", header, rows, "Numbers of images.")
