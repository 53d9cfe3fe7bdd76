"""The files of a classification report: JSON, tables, figures of the measures and the confusions, and one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from data.atomic import write_text
from data.coco import write_json
from enhance.classifier.report.measures import MEASURES
from enhance.classifier.report.notes import TITLES
from reporting.report_page import PAGE, Picture, render, save_figure
from reporting.table import Cell, Table, latex, markdown

COLOR = "#1f5fa8"
MOST_COLUMNS = 5
"""How many 2 x 2 confusion matrices stand side by side."""


def write_classifier_report(summary: dict[str, Any], folder: Path, command: str) -> None:
    """Write the report, each file atomically.

    They are `classification.json`, `table.md`, `table.tex`, `measures` and `confusion` as PNG and PDF, and a
    self-contained `index.html`.

    Args:
        summary: from `enhance.classifier.report.summary.summarize_classifier`.
        command: how the report was made.
    """
    tables = classifier_tables(summary)
    write_json(folder / "classification.json", summary)
    write_text(folder / "table.md", classifier_text(summary))
    write_text(folder / "table.tex", latex(tables, "classification"))
    figures = [
        Picture(save_figure(measures_figure(summary), folder / "measures"), "Each measure with its 95 % interval."),
        Picture(
            save_figure(confusion_figure(summary), folder / "confusion"), "Counts, shaded by their share of a row."
        ),
    ]
    html = render(
        PAGE,
        title="Classification report",
        lead=f"{_counts(summary)}, {len(summary['labels'])} labels.",
        command=command,
        figures=figures,
        tables=tables,
        notes=summary["notes"],
    )
    write_text(folder / "index.html", html)


def classifier_text(summary: dict[str, Any]) -> str:
    """The tables and the notes, for GitHub's Markdown."""
    return markdown(classifier_tables(summary), summary["notes"])


def classifier_tables(summary: dict[str, Any]) -> list[Table]:
    """Return the measures with their intervals, and the confusions."""
    return [_measures_table(summary), _confusion_table(summary)]


def _counts(summary: dict[str, Any]) -> str:
    people = f" of {summary['num_groups']} patients" if summary["grouped_by"] == "patient" else ""
    return f"{summary['num_images']} images{people}"


def _measures_table(summary: dict[str, Any]) -> Table:
    rows = [
        [Cell(name), Cell(str(label["num_positive"])), Cell(str(label["num_negative"])), *_cells(label)]
        for name, label in summary["labels"].items()
    ]
    for level in ("mean", "overall"):
        rows.append([Cell(level.capitalize(), strong=True), Cell(""), Cell(""), *_cells(summary[level])])
    decided = f"positive above {summary['settings']['threshold']:g}"
    if summary["kind"] == "multi-class":
        decided = "the class of the highest score; a class is counted against all others"
    overall = (
        "all decisions together." if summary["kind"] == "multi-label" else "share of images right, and R_K as MCC."
    )
    note = (
        f"{_counts(summary)}; {summary['kind']}, {decided}. Brackets: 95 % intervals of "
        f"{summary['settings']['bootstrap']} bootstrap resamples of {summary['grouped_by']}s (none where all agree). "
        f"Mean: over the labels where a measure is defined. Overall: {overall}"
    )
    return Table("Measures", ["Label", "Positive", "Negative", *TITLES.values()], rows, note)


def _cells(measures: dict[str, Any]) -> list[Cell]:
    return [_cell(measures[name]) if name in measures else Cell("") for name in MEASURES]


def _cell(entry: dict[str, Any]) -> Cell:
    if entry["value"] is None:
        return Cell("–")
    low, high = entry["ci95"]
    return Cell(_number(entry["value"]), None if low is None or low == high else (_number(low), _number(high)))


def _number(value: float) -> str:
    return f"{value:.3f}".replace("-", "\N{MINUS SIGN}")


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


def measures_figure(summary: dict[str, Any]) -> Figure:
    """Draw one panel a measure: a dot and its 95 % interval for each label, and for their mean below the line."""
    names = [*summary["labels"], "Mean"]
    rows = [*summary["labels"].values(), summary["mean"]]
    figure = Figure(figsize=(1.9 * len(MEASURES), 1.0 + 0.26 * len(names)), layout="constrained")
    panels = figure.subplots(1, len(MEASURES), sharey=True)
    for axes, measure in zip(panels, MEASURES, strict=True):
        for place, row in enumerate(rows):
            _draw_interval(axes, place, row[measure])
        lowest = min((row[measure]["ci95"][0] or 0 for row in rows), default=0)
        axes.set_xlim(min(0, lowest) - 0.03, 1.03)
        if measure in ("auc", "mcc"):
            axes.axvline(0.5 if measure == "auc" else 0.0, color="#999999", linewidth=0.8, linestyle=":")
        axes.axhline(len(names) - 1.5, color="#999999", linewidth=0.8)
        axes.set_title(TITLES[measure], fontsize=9)
        axes.tick_params(labelsize=8)
        axes.grid(axis="x", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(names)), names, parse_math=False)
    panels[0].set_ylim(len(names) - 0.5, -0.5)
    return figure


def _draw_interval(axes: Axes, place: int, entry: dict[str, Any]) -> None:
    if entry["value"] is None:
        axes.text(0.5, place, "not defined", color="#777777", fontsize=7, ha="center", va="center")
        return
    if entry["ci95"][0] is not None:
        axes.plot(entry["ci95"], [place, place], color=COLOR, linewidth=1.4)
    axes.plot(entry["value"], place, "o", color=COLOR, markersize=4)


def confusion_figure(summary: dict[str, Any]) -> Figure:
    """Draw the confusion matrices: counts, shaded by their share of the row (the true class)."""
    matrices = summary["confusion"]
    side = 0.9 + 0.55 * len(matrices[0]["classes"])
    columns = min(MOST_COLUMNS, len(matrices))
    rows = -(-len(matrices) // columns)
    figure = Figure(figsize=(side * columns + 0.8, side * rows + 0.3), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(matrices) :]:
        axes.set_visible(False)
    for index, (axes, matrix) in enumerate(zip(panels, matrices, strict=False)):
        _draw_matrix(axes, matrix, outer_left=index % columns == 0, outer_bottom=index + columns >= len(matrices))
    return figure


def _draw_matrix(axes: Axes, matrix: dict[str, Any], outer_left: bool, outer_bottom: bool) -> None:
    counts = np.array(matrix["counts"])
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        color = "white" if shares[row, column] > 0.6 else "black"
        axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color=color)
    ticks, names = range(len(counts)), matrix["classes"]
    axes.set_xticks(ticks, names if outer_bottom else [], fontsize=7, rotation=30, ha="right", parse_math=False)
    axes.set_yticks(ticks, names if outer_left else [], fontsize=7, parse_math=False)
    axes.set_title(matrix["name"], fontsize=8, parse_math=False)
    axes.set_xlabel("Predicted" if outer_bottom else "", fontsize=8)
    axes.set_ylabel("True" if outer_left else "", fontsize=8)
