"""The figure: a line for each variant at the sizes, with intervals."""

import numpy as np
from matplotlib.figure import Figure

from detect.learning_curve.figure import APART, learning_curve_figure
from tests.test_detect.learning_curve_cases import report

CONTENT = report()


def drawn() -> Figure:
    figure = learning_curve_figure(CONTENT)
    figure.draw_without_rendering()
    return figure


def test_a_panel_for_the_mean_and_one_for_sens_at_2() -> None:
    figure = drawn()
    assert [axes.get_title() for axes in figure.axes] == ["Mean of Sens@N", "Sens@2"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["raw", "Color+CAWE", "mine"]
    for axes in figure.axes:
        assert axes.get_xscale() == "log"
        assert [text.get_text() for text in axes.get_xticklabels()] == ["2", "4", "8"]


def test_values_and_intervals_of_each_variant_beside_one_another() -> None:
    for axes, at in zip(drawn().axes, ("mean", "2"), strict=True):
        for place, (variant, bars) in enumerate(zip(("raw", "color_cawe", "mine"), axes.containers, strict=True)):
            cells = [CONTENT["rows"][f"{size}/{variant}"]["sens_at"][at] for size in ("2", "4", "all")]
            line, _, (columns,) = bars
            np.testing.assert_allclose(line.get_ydata(), [cell["value"] for cell in cells])
            np.testing.assert_allclose(line.get_xdata(), np.array([2, 4, 8]) * APART ** (place - 1))
            assert line.get_linestyle() == ("-" if place else "--")
            ends = [segment[:, 1] for segment in columns.get_segments()]
            np.testing.assert_allclose(ends, [cell["ci95"] for cell in cells])
