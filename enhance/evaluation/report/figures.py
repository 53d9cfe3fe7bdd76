"""The figures of an attention report: curves, measures with intervals, and the distribution of the maps' scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from enhance.evaluation.report.summary import MEASURES
from enhance.evaluation.report.tables import ARROWS
from reporting.axes import COLORS, plain_axes

METHOD_COLORS = (*COLORS[:5], *COLORS[:4:-1])
"""Dark gray last: the floors are gray."""
FLOOR_STYLES = ("--", ":")
METHOD_LINES = ("-", (0, (5, 2)), (0, (2, 1)), "-.")
"""One after the other, so that curves that coincide are all seen."""
CURVES = {
    "morf": "MoRF: noise on the most relevant regions first",
    "lerf": "LeRF: on the least relevant first",
    "deletion_curve": "Deletion: most relevant pixels turn black",
    "insertion_curve": "Insertion: most relevant pixels come back",
}
COLUMNS = 2
BINS_PER_POINT = 4
"""Of the 100 bins of the histograms, so that the lines are calm."""


def curves_figure(summary: dict[str, Any]) -> Figure:
    """Draw the mean probability of the predicted class against the share of the image that is replaced."""
    kinds = [kind for kind in CURVES if summary["curves"].get(kind)]
    figure, panels = _panels(len(kinds), height=2.9, sharey=True)
    for axes, kind in zip(panels, kinds, strict=False):
        for name, values in summary["curves"][kind].items():
            share = np.arange(len(values)) / (len(values) - 1)
            axes.plot(share, values, label=name, **_style(summary, name))
        axes.set_title(CURVES[kind], fontsize=9, loc="left")
        axes.set_xlabel("Share of the regions" if kind in ("morf", "lerf") else "Share of the pixels", fontsize=8)
        _plain(axes)
    for axes in panels[::COLUMNS]:
        axes.set_ylabel("Probability of the class", fontsize=8)
    _add_legend(figure)
    return figure


def _panels(number: int, height: float, sharey: bool = False) -> tuple[Figure, list[Axes]]:
    """A figure with `number` panels in rows of `COLUMNS`, each row `height` inches; the places left over are hidden."""
    rows = -(-number // COLUMNS)
    figure = Figure(figsize=(9.0, 0.7 + height * rows), layout="constrained")
    panels = list(figure.subplots(rows, COLUMNS, squeeze=False, sharey=sharey).ravel())
    for axes in panels[number:]:
        axes.set_visible(False)
    return figure, panels


def _add_legend(figure: Figure) -> None:
    """The lines of the first panel, above all panels."""
    lines, names = figure.axes[0].get_legend_handles_labels()
    legend = figure.legend(lines, names, loc="outside upper center", ncols=5, frameon=False, fontsize=8)
    for text in legend.get_texts():
        text.set_parse_math(False)


def _style(summary: dict[str, Any], name: str) -> dict[str, Any]:
    """The reference is a broad line below the others, the floors are gray."""
    if name in summary["floors"]:
        line = FLOOR_STYLES[summary["floors"].index(name) % len(FLOOR_STYLES)]
        return {"color": "#888888", "linewidth": 1.3, "linestyle": line}
    place = list(summary["systems"]).index(name)
    style = {
        "color": METHOD_COLORS[place % len(METHOD_COLORS)],
        "linewidth": 1.3,
        "linestyle": METHOD_LINES[place % len(METHOD_LINES)],
    }
    return style | ({"linewidth": 5.0, "alpha": 0.35, "zorder": 1} if name == summary["reference"] else {})


def _plain(axes: Axes) -> None:
    axes.tick_params(labelsize=8)
    plain_axes(axes)


def measures_figure(summary: dict[str, Any]) -> Figure:
    """Draw a panel for each measure: a dot and its 95 % interval for each system, the floors in gray."""
    systems = summary["systems"]
    names = [name for name in MEASURES if systems[summary["reference"]].get(name, {}).get("value") is not None]
    figure = Figure(figsize=(1.3 + 1.45 * len(names), 0.9 + 0.27 * len(systems)), layout="constrained")
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, names, strict=True):
        scale = 100 if MEASURES[name].percent else 1
        for place, (system, entries) in enumerate(systems.items()):
            color = "#888888" if system in summary["floors"] else COLORS[0]
            if entries[name]["value"] is not None:
                axes.plot(np.multiply(entries[name]["ci95"], scale), [place, place], color=color, linewidth=1.4)
                axes.plot(scale * entries[name]["value"], place, "o", color=color, markersize=4)
        title = MEASURES[name].title.replace(" / ", " /\n").replace(", ", ",\n").replace(" of the ", "\nof the ")
        axes.set_title(title + ARROWS[MEASURES[name].better], fontsize=8)
        if MEASURES[name].percent:
            axes.set_xlabel("percent", fontsize=7)
        _plain(axes)
        axes.tick_params(labelsize=7)
    panels[0].set_yticks(range(len(systems)), list(systems), parse_math=False)
    panels[0].set_ylim(len(systems) - 0.5, -0.5)
    return figure


def scores_figure(summary: dict[str, Any]) -> Figure:
    """Draw how the maps' scores are distributed, one panel per class, one line per method (paper 001, fig. 6).

    The paper draws the normal curves of mean and deviation; these are the histograms themselves.
    """
    systems = summary["systems"]
    labels = list(systems[summary["reference"]]["classes"])
    figure, panels = _panels(len(labels), height=2.6)
    for axes, label in zip(panels, labels, strict=False):
        for name, entries in systems.items():
            counts = np.reshape(entries["classes"][label]["scores"]["histogram"], (-1, BINS_PER_POINT)).sum(1)
            centers = (np.arange(len(counts)) + 0.5) / len(counts)
            density = counts / counts.sum() * len(counts)
            axes.plot(centers, density, label=name, **_style(summary, name))
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(bottom=0)
        axes.set_title(label, fontsize=9, loc="left", parse_math=False)
        axes.set_xlabel("Score, scaled to the range of its map", fontsize=8)
        axes.set_ylabel("Density", fontsize=8)
        _plain(axes)
    _add_legend(figure)
    return figure
