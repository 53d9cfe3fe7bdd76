"""The figures draw the numbers of attention.json."""

import numpy as np
import pytest

from enhance.evaluation.report.figures import curves_figure, measures_figure, scores_figure
from tests.test_enhance.attention_cases import evaluated, without_labels, write_set


@pytest.fixture(scope="module")
def summary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    write_set(folder, 12)
    return evaluated(folder)[1]


def shown(figure):
    return [axes for axes in figure.axes if axes.get_visible()]


def test_curves_of_every_system_and_kind(summary):
    panels = shown(curves_figure(summary))
    assert len(panels) == 4
    for axes, kind in zip(panels, ("morf", "lerf", "deletion_curve", "insertion_curve"), strict=True):
        assert [line.get_label() for line in axes.lines] == list(summary["systems"])
        for line in axes.lines:
            np.testing.assert_allclose(line.get_ydata(), summary["curves"][kind][line.get_label()])
            assert (line.get_xdata()[0], line.get_xdata()[-1]) == (0, 1)


def test_a_panel_for_each_measure_with_a_dot_for_each_system(summary):
    panels = shown(measures_figure(summary))
    assert len(panels) == 8
    iou = panels[6]
    dots = [line.get_xdata()[0] for line in iou.lines if len(line.get_xdata()) == 1]
    np.testing.assert_allclose(dots, [100 * entries["iou"]["value"] for entries in summary["systems"].values()])
    assert [label.get_text() for label in panels[0].get_yticklabels()] == list(summary["systems"])


def test_scores_of_each_class_are_densities(summary):
    figure = scores_figure(summary)
    classes = list(summary["systems"]["CAM"]["classes"])
    assert [axes.get_title("left") for axes in shown(figure)] == classes
    for axes in shown(figure):
        assert len(axes.lines) == len(summary["systems"])
        for line in axes.lines:
            assert np.mean(line.get_ydata()) == pytest.approx(1)


def test_figures_of_a_set_without_labels(tmp_path):
    without_labels(write_set(tmp_path))
    summary = evaluated(tmp_path)[1]
    titles = [axes.get_title().split("\n")[0] for axes in shown(measures_figure(summary))]
    assert titles == ["Pointing game ↑", "Energy in boxes /", "IoU", "Region's size"]
