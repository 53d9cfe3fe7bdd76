"""The files of a classification report: what the tables say, and what the figures show."""

import html
import json
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from enhance.classifier.predictions import Groups, Predictions
from enhance.classifier.report.files import classifier_text, confusion_figure, measures_figure, write_classifier_report
from enhance.classifier.report.summary import ClassificationSettings
from enhance.classifier.report.summary import summarize_classifier as summarize
from reporting.report_page import png_uri

NAMES = ["a_b", "No $x|y$", "never"]


def multi_label(names=NAMES):
    rng = np.random.default_rng(0)
    scores = rng.random((40, len(names)))
    labels = (rng.random(scores.shape) < 0.5).astype(float)
    scores[:, -1] = 0.1  # never predicted
    tested = Predictions(list(names), scores, labels)
    return summarize(tested, Groups([str(i // 2) for i in range(40)], "patient"), ClassificationSettings(bootstrap=30))


def multi_class():
    truth = np.repeat(np.eye(3), [3, 2, 1], 0)
    scores = np.array([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0, 0, 1], [0, 1, 0], [0, 1, 0], [0, 0, 1]])
    tested = Predictions(NAMES, scores, truth)
    return summarize(tested, Groups(list("abcdef"), "image"), ClassificationSettings(bootstrap=30))


def rows(text):
    return [[c.strip() for c in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("| ")]


def test_measures_in_markdown():
    summary = multi_label()
    table = {row[0]: row[1:] for row in rows(classifier_text(summary))[:6]}
    assert table["Label"] == ["Positive", "Negative", "Accuracy", "AUC", "Precision", "Recall", "F1", "MCC"]
    entry = summary["labels"]["a_b"]
    area = entry["auc"]
    assert table["a_b"][:2] == [str(entry["num_positive"]), str(entry["num_negative"])]
    assert table["a_b"][3] == f"{area['value']:.3f} [{area['ci95'][0]:.3f}, {area['ci95'][1]:.3f}]"
    # Constant scores: AUC 0.5 in every resample, so no brackets; precision and MCC are not defined.
    assert table["never"][3:] == ["0.500", "–", "0.000", "0.000", "–"]
    assert r"No $x\|y$" in table
    assert table["**Mean**"][2].startswith(f"{summary['mean']['accuracy']['value']:.3f}")
    assert table["**Overall**"][3].strip() == ""
    text = classifier_text(summary)
    assert (
        "40 images of 20 patients; multi-label, positive at a score of 0.5 and above." in text
        and "30 bootstrap resamples" in text
    )
    assert f"- {summary['notes'][0]}" in text.replace("\\", "")


def test_confusions_in_markdown():
    summary = multi_class()
    text = classifier_text(summary)
    assert rows(text)[-4:] == [
        [r"True \\ predicted", "a_b", r"No $x\|y$", "never"],
        ["a_b", "2", "0", "1"],
        [r"No $x\|y$", "0", "2", "0"],
        ["never", "0", "0", "1"],
    ]
    assert "6 images; multi-class" in text
    (tn, fp), (fn, tp) = multi_label()["confusion"][0]["counts"]
    assert rows(classifier_text(multi_label()))[-3] == ["a_b", *map(str, (tp, fp, fn, tn))]


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


@pytest.mark.parametrize("make", [multi_label, multi_class])
def test_files(tmp_path, make):
    summary = make()
    write_classifier_report(summary, tmp_path / "new" / "report", "python make_it.py")
    names = {"classification.json", "table.md", "table.tex", "index.html"}
    names |= {f"{name}.{suffix}" for name in ("measures", "confusion") for suffix in ("png", "pdf")}
    assert {path.name for path in (tmp_path / "new" / "report").iterdir()} == names
    assert json.loads((tmp_path / "new/report/classification.json").read_text()) == summary
    assert (tmp_path / "new/report/table.md").read_text() == classifier_text(summary)
    assert plt.imread(tmp_path / "new/report/measures.png").std() > 0.01
    page = (tmp_path / "new/report/index.html").read_text()
    for name in ("measures", "confusion"):
        assert png_uri((tmp_path / f"new/report/{name}.png").read_bytes()) in page
    assert "http" not in page and "python make_it.py" in page
    assert {html.escape(note) for note in summary["notes"]} <= set(re.findall('<p class="note">(.*)</p>', page))
    mean = summary["mean"]["mcc"]
    assert f'{mean["value"]:.3f}<span class="ci">' in page


def test_a_negative_interval_has_true_minus_signs():
    summary = multi_label()
    summary["mean"]["mcc"] = {"value": -0.5, "ci95": [-0.9, -0.1]}
    assert rows(classifier_text(summary))[4][-1] == "\u22120.500 [\u22120.900, \u22120.100]"


def test_one_label_alone_has_figures():
    summary = multi_label(["only"])
    assert isinstance(measures_figure(summary), Figure) and isinstance(confusion_figure(summary), Figure)
