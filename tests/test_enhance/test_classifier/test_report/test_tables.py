"""What the tables of a classification report say."""

from enhance.classifier.report.files import classifier_text
from tests.test_enhance.classifier_cases import multi_class, multi_label, rows


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


def test_a_negative_interval_has_true_minus_signs():
    summary = multi_label()
    summary["mean"]["mcc"] = {"value": -0.5, "ci95": [-0.9, -0.1]}
    assert rows(classifier_text(summary))[4][-1] == "\u22120.500 [\u22120.900, \u22120.100]"
