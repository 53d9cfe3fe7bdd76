"""The files of a classification report: JSON, Markdown tables, and figures of the measures and the confusions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from data.atomic import atomic_path
from data.coco import write_json
from enhance.evaluation.classification import MEASURES
from enhance.evaluation.classification_notes import TITLES

COLOR = "#1f5fa8"
ESCAPES = str.maketrans({letter: "\\" + letter for letter in "\\|*`<"})
MOST_COLUMNS = 5
"""How many 2 x 2 confusion matrices stand side by side."""


def write_report(summary: dict[str, Any], folder: Path) -> None:
    """Write `classification.json`, `table.md`, and `measures` and `confusion` as PNG and PDF, each atomically.

    Args:
        summary: from `enhance.evaluation.classification_summary.summarize`.
    """
    write_json(folder / "classification.json", summary)
    with atomic_path(folder / "table.md") as temporary:
        temporary.write_text(markdown(summary), encoding="utf-8")
    for name, figure in {"measures": measures_figure(summary), "confusion": confusion_figure(summary)}.items():
        for suffix in (".png", ".pdf"):
            with atomic_path(folder / f"{name}{suffix}") as temporary:
                figure.savefig(temporary, dpi=200)


def markdown(summary: dict[str, Any]) -> str:
    """The measures with their intervals, the confusions, and the notes, for GitHub's Markdown."""
    parts = [_measures_table(summary), _confusion_table(summary)]
    parts += [f"- {_escaped(note)}" for note in summary["notes"]]
    return "\n".join(parts) + "\n"


def _measures_table(summary: dict[str, Any]) -> str:
    people = f" of {summary['num_groups']} patients" if summary["grouped_by"] == "patient" else ""
    rows = [
        [_escaped(name), str(label["num_positive"]), str(label["num_negative"]), *_cells(label)]
        for name, label in summary["labels"].items()
    ]
    rows += [[f"**{level.capitalize()}**", "", "", *_cells(summary[level])] for level in ("mean", "overall")]
    decided = f"positive above {summary['settings']['threshold']:g}"
    if summary["kind"] == "multi-class":
        decided = "the class of the highest score; a class is counted against all others"
    note = (
        f"{summary['num_images']} images{people}; {summary['kind']}, {decided}. Brackets: 95 % intervals of "
        f"{summary['settings']['bootstrap']} bootstrap resamples of {summary['grouped_by']}s (none where all agree). "
        "Mean: over the labels where a measure is defined. "
    )
    overall = (
        "all decisions together." if summary["kind"] == "multi-label" else "share of images right, and R_K as MCC."
    )
    return _table(["Label", "Positive", "Negative", *TITLES.values()], rows) + f"\n{note}Overall: {overall}\n"


def _cells(measures: dict[str, Any]) -> list[str]:
    return [_cell(measures[name]) if name in measures else "" for name in MEASURES]


def _cell(entry: dict[str, Any]) -> str:
    """0.8, [0.75, 0.85] -> "0.800 [0.750, 0.850]"."""
    if entry["value"] is None:
        return "–"
    low, high = entry["ci95"]
    return f"{entry['value']:.3f}" + ("" if low is None or low == high else f" [{low:.3f}, {high:.3f}]")


def _confusion_table(summary: dict[str, Any]) -> str:
    if summary["kind"] == "multi-class":
        matrix = summary["confusion"][0]
        names = [_escaped(name) for name in matrix["classes"]]
        rows = [[name, *map(str, row)] for name, row in zip(names, matrix["counts"], strict=True)]
        return _table(["True \\ predicted", *names], rows)
    header = ["Label", "True positive", "False positive", "False negative", "True negative"]
    rows = []
    for matrix in summary["confusion"]:
        (tn, fp), (fn, tp) = matrix["counts"]
        rows.append([_escaped(matrix["name"]), *map(str, (tp, fp, fn, tn))])
    return _table(header, rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (header, *rows)]
    return "\n".join([lines[0], "|---|" + "---:|" * (len(header) - 1), *lines[1:], ""])


def _escaped(text: str) -> str:
    return text.translate(ESCAPES)


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
