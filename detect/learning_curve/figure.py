"""Sensitivity over the number of training images, a line for each variant."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from detect.learning_curve.sizes import variant_name
from detect.learning_curve.tables import column_name, shown
from detect.table1.figure import BASELINE
from detect.table1.row_names import split_key
from reporting.axes import COLORS, plain_axes

APART = 1.05
"""The factor by which the bars of variants lie beside one another."""


def learning_curve_figure(report: dict[str, Any]) -> Figure:
    """Draw the mean of Sens@N, and Sens@2 where it is counted, with 95 % intervals; the baseline gray and dashed."""
    columns = shown(report)
    figure = Figure(figsize=(4.6 * len(columns), 4.2), layout="constrained")
    panels = figure.subplots(1, len(columns), sharey=True, squeeze=False)[0]
    keys = list(report["rows"])
    variants = {split_key(key)[1]: variant_name(key) for key in keys}
    for axes, at in zip(panels, columns, strict=True):
        for index, variant in enumerate(variants):
            rows = [report["rows"][key]["sens_at"][at] for key in keys if split_key(key)[1] == variant]
            places = np.array(list(report["sizes"].values())) * APART ** (index - (len(variants) - 1) / 2)
            _draw_line(axes, places, rows, BASELINE if index == 0 else COLORS[(index - 1) % len(COLORS)], index == 0)
        _finish(axes, list(report["sizes"].values()), at)
    panels[0].set_ylabel("Sensitivity (lesions found)")
    legend = figure.legend(panels[0].containers, variants.values(), loc="outside upper center", ncols=4, frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def _draw_line(axes: Axes, places: np.ndarray, cells: list[dict[str, Any]], color: str, is_baseline: bool) -> None:
    value = np.array([cell["value"] for cell in cells], float)
    low, high = np.array([cell["ci95"] for cell in cells], float).T
    bars = np.clip([value - low, high - value], 0, None)
    style = "--" if is_baseline else "-"
    axes.errorbar(places, value, bars, fmt=f"o{style}", color=color, markersize=4.5, elinewidth=1.2, capsize=2.5)


def _finish(axes: Axes, sizes: list[int], at: str) -> None:
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size}" for size in sizes])
    axes.minorticks_off()
    axes.set(title=column_name(at), xlabel="Training images")
    plain_axes(axes)
