"""The FROC figure: one step curve a system, and Sens@N with its interval."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

COLORS = ("#1f5fa8", "#c8451b", "#2e8b57", "#7b4fa3", "#b8860b", "#444444", "#d1478c", "#008b9a")
LINE_STYLES = ("-", "--", "-.", ":")


def froc_figure(report: dict[str, Any]) -> Figure:
    """Draw the curves of a `froc.json` dictionary up to a little beyond the largest rate.

    The axes are linear and the curves are steps: between two thresholds nothing is detected that could be drawn. A
    cross ends a curve that stops inside the figure. Bars at the rates N are Sens@N with 95 % intervals, side by side.
    """
    rates = np.array(report["settings"]["fppi"], float)
    right = rates.max() * 1.15
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.add_subplot()
    systems = list(report["systems"].items())
    gaps = np.diff(np.sort(rates))
    width = 0.14 * min([*gaps, rates.min()])
    shifts = np.linspace(-0.5, 0.5, len(systems)) * width if len(systems) > 1 else np.zeros(1)
    for index, ((name, system), shift) in enumerate(zip(systems, shifts, strict=True)):
        color, line_style = COLORS[index % len(COLORS)], LINE_STYLES[index // len(COLORS) % len(LINE_STYLES)]
        _draw_curve(axes, name, system, right, color, line_style)
        points = [system["sens_at"][f"{rate:g}"] for rate in report["settings"]["fppi"]]
        value = np.array([p["value"] for p in points])
        low, high = np.array([p["ci95"] for p in points]).T
        bars = np.clip([value - low, high - value], 0, None)
        axes.errorbar(rates + shift, value, bars, fmt="o", markersize=3.5, color=color, elinewidth=1.2, capsize=2.5)
    axes.set(xlim=(0, right), ylim=(0, 1), xlabel="False positives per image", ylabel="Sensitivity (lesions found)")
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    columns = max(1, 60 // (8 + max(len(name) for name, _ in systems)))  # about 60 letters fit side by side
    figure.legend(loc="outside upper center", ncols=min(columns, len(systems)), frameon=False)
    return figure


def _draw_curve(axes: Any, name: str, system: dict[str, Any], right: float, color: str, line_style: str) -> None:
    x = np.array([0.0, *system["curve"]["fp_per_image"]])
    y = np.array([0.0, *system["curve"]["sensitivity"]])
    ends_inside = x[-1] < right
    if not ends_inside:
        keep = x <= right
        x, y = np.append(x[keep], right), np.append(y[keep], y[keep][-1])
    axes.plot(x, y, drawstyle="steps-post", linewidth=1.8, label=name, color=color, linestyle=line_style)
    if ends_inside:
        axes.plot(x[-1], y[-1], "X", markersize=8, color=color)
