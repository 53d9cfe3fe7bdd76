"""The figures of a classification report: the measures with their intervals, and the confusions."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from enhance.classifier.report.measures import MEASURES
from enhance.classifier.report.notes import TITLES
from reporting.axes import COLORS, plain_axes

MOST_COLUMNS = 5
"""How many 2 x 2 confusion matrices stand side by side."""


def measures_figure(summary: dict[str, Any]) -> Figure:
    """Draw one panel per measure: a dot and its 95 % interval for each label, and for their mean below the line."""
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
        plain_axes(axes, grid="x")
    panels[0].set_yticks(range(len(names)), names, parse_math=False)
    panels[0].set_ylim(len(names) - 0.5, -0.5)
    return figure


def _draw_interval(axes: Axes, place: int, entry: dict[str, Any]) -> None:
    if entry["value"] is None:
        axes.text(0.5, place, "not defined", color="#777777", fontsize=7, ha="center", va="center")
        return
    if entry["ci95"][0] is not None:
        axes.plot(entry["ci95"], [place, place], color=COLORS[0], linewidth=1.4)
    axes.plot(entry["value"], place, "o", color=COLORS[0], markersize=4)


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
