"""The figure draws the curves of one group and the band of its baseline."""

import numpy as np
from matplotlib.collections import FillBetweenPolyCollection

from detect.table1.figure import _from, group_figure
from tests.test_detect.table1_cases import report

CONTENT = report()


def axes_of(group: str):
    figure = group_figure(CONTENT, group)
    figure.draw_without_rendering()
    return figure, figure.axes[0]


def test_the_rows_of_the_group_and_no_other() -> None:
    figure, axes = axes_of("retinanet")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["RetinaNet", "AFDA"]
    curves = [line for line in axes.lines if line.get_gid() == "curve"]
    for line, key in zip(curves, ("retinanet/raw", "retinanet/afda"), strict=True):
        assert line.get_drawstyle() == "steps-post"
        curve = CONTENT["rows"][key]["curve"]
        x, y = line.get_data()
        drawn = y[np.searchsorted(x, curve["fp_per_image"], side="right") - 1]
        np.testing.assert_allclose(drawn, curve["sensitivity"])
    assert [line.get_linestyle() for line in curves] == ["--", "-"]
    ends = [tuple(line.get_xdata()) for line in axes.lines if line.get_marker() == "X"]
    assert (0.5,) in ends


def test_one_band_that_of_the_baseline() -> None:
    _, axes = axes_of("faster_rcnn")
    bands = [item for item in axes.collections if isinstance(item, FillBetweenPolyCollection)]
    assert len(bands) == 1
    band = CONTENT["rows"]["faster_rcnn/raw"]["band"]
    corners = bands[0].get_paths()[0].vertices
    at_end = {round(y, 6) for x, y in corners if x == 3.0}
    assert at_end == {round(band["low"][-1], 6), round(band["high"][-1], 6)}


def test_the_vertical_axis_holds_all_that_is_drawn_right_of_half_the_first_n() -> None:
    _, axes = axes_of("faster_rcnn")
    low, high = axes.get_ylim()
    for key, row in CONTENT["rows"].items():
        if key.startswith("faster_rcnn"):
            values = [s for x, s in zip(*row["curve"].values(), strict=True) if x >= 0.25]
            assert low <= min(values) and max(values) <= high


def test_a_step_that_begins_left_of_the_first_rate_is_drawn_there() -> None:
    assert _from([0, 1, 2], [0.1, 0.5, 0.6], 0.5).tolist() == [0.1, 0.5, 0.6]
    assert _from([0, 1, 2], [0.1, 0.5, 0.6], 1).tolist() == [0.5, 0.6]
