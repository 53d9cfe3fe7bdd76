"""Step curves: where they begin and end, and what is shaded."""

import pytest
from matplotlib.figure import Figure

from reporting.curves import draw_band, draw_steps, finish_froc


def drawn(x, y, limits):
    axes = Figure().add_subplot()
    draw_steps(axes, x, y, limits, "#000000", "-")
    curve, *ends = axes.lines
    assert curve.get_drawstyle() == "steps-post" and curve.get_gid() == "curve"
    return [list(values) for values in curve.get_data()], [tuple(map(float, end.get_xydata()[0])) for end in ends]


@pytest.mark.parametrize(
    ("x", "y", "limits", "curve", "ends"),
    [
        ([1, 2], [0.5, 0.75], (0, 3), [[0, 1, 2], [0, 0.5, 0.75]], [(2, 0.75)]),  # ends inside: a cross
        ([1, 5], [0.5, 0.75], (0, 3), [[0, 1, 3], [0, 0.5, 0.5]], []),  # goes on beyond: level to the edge
        ([1, 3], [0.5, 0.75], (0, 3), [[0, 1, 3, 3], [0, 0.5, 0.75, 0.75]], []),
        ([], [], (0, 3), [[0], [0]], [(0, 0)]),  # nothing found at all
        ([1], [0.5], (0.25, 3), [[0.25, 1], [0, 0.5]], [(1, 0.5)]),  # a logarithmic axis begins above 0
    ],
)
def test_a_curve_between_its_limits(x, y, limits, curve, ends):
    assert drawn(x, y, limits) == (curve, ends)


def test_a_band_reaches_from_low_to_high():
    axes = Figure().add_subplot()
    draw_band(axes, [0, 1, 2], [0.1, 0.2, None], [0.3, 0.4, None], 0.5, "#000000")
    corners = axes.collections[0].get_paths()[0].vertices
    assert {round(y, 6) for x, y in corners if x == 1} == {0.2, 0.4} and corners[:, 0].min() == 0.5


def test_names_stand_above_as_they_are():
    figure = Figure()
    axes = figure.add_subplot()
    for number in (1, 2):
        draw_steps(axes, [number], [1.0], (0, 3), "#000000", "-")
    finish_froc(figure, axes, ["a_1", "$x$"])
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a_1", "$x$"]
    assert not any(text.get_parse_math() for text in legend.get_texts())
    assert "False positives per image" in axes.get_xlabel()
