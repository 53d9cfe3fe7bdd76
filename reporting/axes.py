"""How the figures of all reports look: their colors and plain axes."""

from typing import Literal

from matplotlib.axes import Axes

COLORS = ("#1f5fa8", "#c8451b", "#2e8b57", "#7b4fa3", "#b8860b", "#444444", "#d1478c", "#008b9a")
"""One after the other, for the systems of a figure."""


def plain_axes(axes: Axes, grid: Literal["both", "x"] = "both") -> None:
    """A light grid below what is drawn, and no frame above and on the right."""
    axes.grid(axis=grid, color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
