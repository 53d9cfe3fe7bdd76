"""Plain axes, and colors that can be told apart."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from reporting.axes import COLORS, plain_axes


def test_the_grid_lies_below_and_two_sides_are_open():
    axes = Figure().add_subplot()
    plain_axes(axes, grid="x")
    assert [name for name, spine in axes.spines.items() if spine.get_visible()] == ["left", "bottom"]
    assert axes.get_axisbelow() is True
    assert axes.xaxis.get_gridlines()[0].get_visible() and not axes.yaxis.get_gridlines()[0].get_visible()


def test_colors_differ():
    colors = np.array([to_rgb(color) for color in COLORS])
    apart = np.abs(colors[:, None] - colors[None]).max(2)
    assert (apart[~np.eye(len(colors), dtype=bool)] > 0.15).all()
