"""Step curves with bands, as FROC figures have them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from reporting.axes import plain_axes

LINE_STYLES = ("-", "--", "-.", ":")
"""The next one after all colors are used."""


def draw_steps(
    axes: Axes, x: ArrayLike, y: ArrayLike, limits: tuple[float, float], color: str, line_style: str
) -> None:
    """Draw a curve as a step between the limits left and right, from (0, 0) on, with a cross where it ends inside.

    Args:
        x, y: (P,) rising.
    """
    left, right = limits
    rates, values = (np.concatenate([[0.0], np.asarray(column, float)]) for column in (x, y))
    ends_inside = rates[-1] < right
    if not ends_inside:
        keep = rates <= right
        rates, values = np.append(rates[keep], right), np.append(values[keep], values[keep][-1])
    rates = np.maximum(rates, left)
    corners = np.append(
        np.diff(values, prepend=np.nan)[:-1] != 0, True
    )  # of many points matplotlib draws no sharp lines
    rates, values = rates[corners], values[corners]
    axes.plot(rates, values, drawstyle="steps-post", linewidth=1.8, gid="curve", color=color, linestyle=line_style)
    if ends_inside:
        axes.plot(rates[-1], values[-1], "X", markersize=8, color=color)


def draw_band(axes: Axes, x: ArrayLike, low: ArrayLike, high: ArrayLike, left: float, color: str) -> None:
    """Shade what lies between `low` and `high` (P,), from the limit `left` on."""
    x, low, high = (np.array(values, float) for values in (x, low, high))
    axes.fill_between(np.maximum(x, left), low, high, color=color, alpha=0.12, linewidth=0)


def finish_froc(figure: Figure, axes: Axes, names: Sequence[str]) -> None:
    """Add to FROC curves what all figures of them have: labels, a grid, and a legend above with the name of each."""
    axes.set(xlabel="False positives per image", ylabel="Sensitivity (lesions found)")
    plain_axes(axes)
    columns = max(1, 60 // (8 + max(map(len, names))))  # about 60 letters fit side by side
    lines = [line for line in axes.lines if line.get_gid() == "curve"]
    legend = figure.legend(lines, names, loc="outside upper center", ncols=min(columns, len(names)), frameon=False)
    for text in legend.get_texts():
        text.set_parse_math(False)
