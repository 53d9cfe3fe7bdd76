"""The figures draw the numbers of froc.json."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import FillBetweenPolyCollection

from detect.froc.curve import MatchedSet, RankedSet
from detect.froc.matching import FALSE_POSITIVE
from detect.froc_report.figure import froc_figure, score_figure


def system(fp_per_image: list[float], sensitivity: list[float], values: list[float], rates=("1", "2")) -> dict:
    points = dict(zip(rates, values, strict=True))
    return {
        "sens_at": {
            rate: {"value": v, "ci95": [v - 0.1, v + 0.05], "reached": True, "threshold": v or None}
            for rate, v in points.items()
        },
        "curve": {"fp_per_image": fp_per_image, "sensitivity": sensitivity, "threshold": [0.0] * len(sensitivity)},
        "band": {"fp_per_image": [0.0, 1.0, 2.0], "low": [0.1, 0.2, 0.3], "high": [0.4, 0.5, 0.6]},
        "scores": {"edges": [0.0, 0.5, 1.0], "hits": [1, 4], "false_positives": [20, 2]},
    }


SYSTEMS = {
    "long": system([0.5, 1.0, 9.0], [0.2, 0.4, 0.8], [0.4, 0.4]),
    "short": system([0.0, 0.25], [0.3, 0.6], [0.6, 0.6]),
    "silent": system([], [], [0.0, 0.0]),
}


def pixels(figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())


@pytest.mark.parametrize("fppi", [(1, 2, 3, 4), (0.125, 1, 8)])
def test_vertices_draw_what_all_points_draw(fppi: tuple[float, ...]) -> None:
    rng = np.random.default_rng(0)
    found = np.full(4000, FALSE_POSITIVE)
    found[rng.choice(2500, 60, replace=False)] = np.arange(60)
    image = rng.integers(0, 200, 4000)
    ranked = RankedSet(MatchedSet(np.linspace(1, 0, 4000), found, image, np.zeros(70, np.int64), 200))
    figures = []
    for whole, few in ((True, False), (False, True), (False, False)):
        curves = (ranked.curve() if whole else ranked.vertices(fppi if few else ()) for _ in range(2))
        systems = {
            name: system(own.fp_per_image.tolist(), own.sensitivity.tolist(), [0.5] * len(fppi), map(str, fppi))
            for name, own in zip("ab", curves, strict=True)
        }
        figures.append(pixels(froc_figure({"settings": {"fppi": fppi}, "systems": systems})))
    assert len(ranked.vertices(fppi).threshold) < 130 < len(ranked.curve().threshold)
    assert (figures[0] == figures[1]).all() and (figures[0] == figures[2]).all()


@pytest.fixture
def axes():
    return froc_figure({"settings": {"fppi": [1, 2]}, "systems": SYSTEMS}).axes[0]


def curve(axes, name: str) -> tuple[list[float], list[float]]:
    lines = [line for line in axes.lines if line.get_gid() == "curve"]
    line = lines[[text.get_text() for text in axes.figure.legends[0].get_texts()].index(name)]
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


def test_the_band_is_between_low_and_high(axes) -> None:
    assert len(axes.collections) >= 3
    corners = axes.collections[0].get_paths()[0].vertices
    for x, low, high in ((0.0, 0.1, 0.4), (1.0, 0.2, 0.5), (2.0, 0.3, 0.6)):
        assert {round(y, 6) for x0, y in corners if x0 == x} == {low, high}


def test_bands_of_many_systems_are_left_out() -> None:
    figure = froc_figure({"settings": {"fppi": [1, 2]}, "systems": dict.fromkeys("abcd", SYSTEMS["long"])})
    assert not any(isinstance(c, FillBetweenPolyCollection) for c in figure.axes[0].collections)


@pytest.mark.parametrize("name", ["_base", r"$\foo$", "a_b^c$"])
def test_names_of_any_letters_stand_in_the_legend(name: str) -> None:
    figure = froc_figure({"settings": {"fppi": [1, 2]}, "systems": {name: SYSTEMS["long"]}})
    figure.draw_without_rendering()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [name]
    score_figure({"settings": {"fppi": [1, 2]}, "systems": {name: SYSTEMS["long"]}}).draw_without_rendering()


def test_a_value_after_the_end_of_the_curve_is_a_hollow_dot() -> None:
    short = system([0.0, 0.25], [0.3, 0.6], [0.6, 0.6])
    short["sens_at"]["2"]["reached"] = False
    axes = froc_figure({"settings": {"fppi": [1, 2]}, "systems": {"short": short}}).axes[0]
    dots = [line.get_markerfacecolor() for line in axes.lines if line.get_marker() == "o"]
    assert dots[0] != "white" and dots[1] == "white"


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


def test_rates_of_many_sizes_get_a_logarithmic_axis() -> None:
    rates = [0.125, 0.25, 1, 8]
    one = system([0.0, 0.2, 10.0], [0.1, 0.2, 0.8], [0.1, 0.2, 0.2, 0.2], rates=[f"{r:g}" for r in rates])
    axes = froc_figure({"settings": {"fppi": rates}, "systems": {"one": one, "two": one}}).axes[0]
    assert axes.get_xscale() == "log"
    left, right = axes.get_xlim()
    assert 0 < left < 0.125 and right > 8
    assert curve(axes, "one") == ([left, left, 0.2, right], [0, 0.1, 0.2, 0.2])
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0.125", "0.25", "1", "8"]


def test_scores_are_drawn_for_every_system_with_its_thresholds() -> None:
    figure = score_figure({"settings": {"fppi": [1, 2]}, "systems": SYSTEMS})
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["long", "short", "silent"]
    false, hits = (patch.get_data().values.tolist() for patch in figure.axes[0].patches)
    assert (false, hits) == ([20, 2], [1, 4])
    assert [line.get_xdata()[0] for line in figure.axes[1].lines] == [0.6, 0.6]
    assert not figure.axes[2].lines  # a silent system has no threshold
