"""The FROC figure draws the numbers of froc.json."""

import numpy as np
import pytest

from detect.figure import froc_figure


def system(fp_per_image: list[float], sensitivity: list[float], values: list[float]) -> dict:
    points = {"1": values[0], "2": values[1]}
    return {
        "sens_at": {rate: {"value": v, "ci95": [v - 0.1, v + 0.05], "reached": True} for rate, v in points.items()},
        "curve": {"fp_per_image": fp_per_image, "sensitivity": sensitivity, "threshold": [0.0] * len(sensitivity)},
    }


@pytest.fixture
def axes():
    systems = {
        "long": system([0.5, 1.0, 9.0], [0.2, 0.4, 0.8], [0.4, 0.4]),
        "short": system([0.0, 0.25], [0.3, 0.6], [0.6, 0.6]),
        "silent": system([], [], [0.0, 0.0]),
    }
    return froc_figure({"settings": {"fppi": [1, 2]}, "systems": systems}).axes[0]


def curve(axes, name: str) -> tuple[list[float], list[float]]:
    line = next(line for line in axes.lines if line.get_label() == name)
    assert line.get_drawstyle() == "steps-post"
    x, y = line.get_data()
    return list(x), list(y)


def test_a_curve_goes_in_steps_from_the_origin_to_the_edge(axes) -> None:
    right = axes.get_xlim()[1]
    assert right > 2
    assert curve(axes, "long") == ([0, 0.5, 1.0, right], [0, 0.2, 0.4, 0.4])


def test_a_curve_that_ends_inside_is_marked_there(axes) -> None:
    assert curve(axes, "short") == ([0, 0, 0.25], [0, 0.3, 0.6])
    ends = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_marker() == "X"]
    assert ends == [(0.25, 0.6), (0, 0)]


def test_bars_are_the_intervals_beside_their_rates(axes) -> None:
    for container, value in zip(axes.containers, (0.4, 0.6, 0.0), strict=True):
        segments = np.array(container.lines[2][0].get_segments())
        np.testing.assert_allclose(segments[:, :, 0].mean(1), [1, 2], atol=0.1)
        np.testing.assert_allclose(segments[:, :, 1], [[value - 0.1, value + 0.05]] * 2)
    columns = {round(c.lines[2][0].get_segments()[0][0][0], 6) for c in axes.containers}
    assert len(columns) == 3


def test_every_system_is_named_once(axes) -> None:
    legend = axes.figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["long", "short", "silent"]


@pytest.mark.parametrize("names", [["raw", "color"], [f"faster_rcnn/color_cawe {i}" for i in range(6)], ["x" * 70]])
def test_the_legend_fits_into_the_figure(names) -> None:
    systems = {name: system([0.5, 9.0], [0.2, 0.8], [0.4, 0.4]) for name in names}
    figure = froc_figure({"settings": {"fppi": [1, 2]}, "systems": systems})
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    assert figure.bbox.x0 <= legend.x0
    assert legend.x1 <= figure.bbox.x1
    assert figure.axes[0].get_position().height > 0.5
