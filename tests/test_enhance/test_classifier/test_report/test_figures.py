"""What the figures of a classification report show."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from enhance.classifier.report.figures import confusion_figure, measures_figure
from tests.test_enhance.classifier_cases import NAMES, multi_class, multi_label


def test_measures_are_drawn_where_they_are():
    summary = multi_label()
    panels = measures_figure(summary).axes
    assert [axes.get_title() for axes in panels] == ["Accuracy", "AUC", "Precision", "Recall", "F1", "MCC"]
    entry = summary["labels"]["a_b"]["recall"]
    recall = panels[3].lines
    assert list(recall[0].get_xdata()) == entry["ci95"] and list(recall[0].get_ydata()) == [0, 0]
    assert list(recall[1].get_xdata()) == [entry["value"]]
    dots = [line for line in panels[2].lines if line.get_marker() == "o"]
    assert len(dots) == 3  # two labels and the mean; the third label says so
    assert [text.get_text() for text in panels[2].texts] == ["not defined"]
    assert [t.get_text() for t in panels[0].get_yticklabels()] == [*NAMES, "Mean"]


def test_a_negative_interval_is_inside():
    summary = multi_label()
    summary["mean"]["mcc"] = {"value": -0.5, "ci95": [-0.9, -0.1]}
    assert measures_figure(summary).axes[5].get_xlim()[0] < -0.9
    assert measures_figure(multi_label()).axes[0].get_xlim()[0] == pytest.approx(-0.03)


def test_confusions_are_drawn():
    axes = confusion_figure(multi_class()).axes[0]
    assert [t.get_text() for t in axes.texts] == ["2", "0", "1", "0", "2", "0", "0", "0", "1"]
    np.testing.assert_allclose(axes.images[0].get_array(), [[2 / 3, 0, 1 / 3], [0, 1, 0], [0, 0, 1]])
    panels = confusion_figure(multi_label([f"l{i}" for i in range(7)])).axes
    assert [axes.get_title() for axes in panels if axes.get_visible()] == [f"l{i}" for i in range(7)]


def test_one_label_alone_has_figures():
    summary = multi_label(["only"])
    assert isinstance(measures_figure(summary), Figure) and isinstance(confusion_figure(summary), Figure)
