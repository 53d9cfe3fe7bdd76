"""The summary of a classifier: values by hand, intervals against loops over resampled images."""

import json

import numpy as np
import pytest

from enhance.classifier.predictions import Groups, Predictions
from enhance.classifier.report import summary as classification_summary
from enhance.classifier.report.summary import ClassificationSettings
from enhance.classifier.report.summary import summarize_classifier as summarize
from reporting.resampling import resample_weights

MULTI_LABEL = ClassificationSettings("multi-label", bootstrap=50)
MULTI_CLASS = ClassificationSettings("multi-class", bootstrap=50)


def predictions(scores, labels):
    scores, labels = np.array(scores, float), np.array(labels, float)
    return Predictions(["a", "b", "c"][: scores.shape[1]], scores, labels)


def by_image(count):
    return Groups([str(i) for i in range(count)], "image")


def values(measures):
    return {name: entry["value"] for name, entry in measures.items()}


def random_set(seed, images=40, patients=15, exclusive=False):
    rng = np.random.default_rng(seed)
    groups = Groups([str(p) for p in rng.integers(patients, size=images)], "patient")
    if exclusive:
        return predictions(rng.dirichlet(np.ones(3), images), np.eye(3)[rng.integers(3, size=images)]), groups
    labels = (rng.random((images, 3)) < 0.5).astype(float)
    labels[rng.random((images, 3)) < 0.2] = np.nan
    return predictions(rng.random((images, 3)), labels), groups


def test_multi_label_by_hand():
    # a: hit, miss, false alarm, right to be silent. b: the first image does not count; hit, hit, right to be silent.
    tested = predictions([[0.9, 0.9], [0.4, 0.8], [0.6, 0.7], [0.45, 0.1]], [[1, np.nan], [1, 1], [0, 1], [0, 0]])
    got = summarize(tested, by_image(4), MULTI_LABEL)
    half = dict(accuracy=0.5, precision=0.5, recall=0.5, f1=0.5)
    assert values({k: v for k, v in got["labels"]["a"].items() if isinstance(v, dict)}) == half | dict(auc=0.5, mcc=0.0)
    b = got["labels"]["b"]
    assert (b["num_positive"], b["num_negative"]) == (2, 1)
    assert {b[name]["value"] for name in ("accuracy", "auc", "precision", "recall", "f1", "mcc")} == {1.0}
    assert values(got["mean"]) == dict.fromkeys(half, 0.75) | dict(auc=0.75, mcc=0.5)
    # Together: 3 hits, 1 false alarm, 1 miss, 2 right to be silent; MCC (3 * 2 - 1) / (4 * 3).
    expected = dict(accuracy=5 / 7, precision=0.75, recall=0.75, f1=0.75, mcc=5 / 12)
    assert values(got["overall"]) == pytest.approx(expected)
    assert [m["counts"] for m in got["confusion"]] == [[[1, 1], [1, 1]], [[1, 0], [0, 2]]]
    assert (got["kind"], got["num_images"], got["num_groups"]) == ("multi-label", 4, 4)


def test_the_threshold_decides():
    tested = predictions([[0.5], [0.2]], [[1], [0]])
    recall = [
        summarize(tested, by_image(2), ClassificationSettings("multi-label", threshold, 1))["mean"]["recall"]["value"]
        for threshold in (0.3, 0.5, 0.7)
    ]
    assert recall == [1, 1, 0]  # at the threshold and above, as a class is activated in CAWE


def test_multi_class_by_hand():
    # The highest score counts, also below 0.5; one of a is taken for b; the last image has no class.
    tested = predictions(
        [[0.4, 0.3, 0.3], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.0, 0.1, 0.9], [1, 0, 0]],
        [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [np.nan, 0, 0]],
    )
    got = summarize(tested, by_image(5), ClassificationSettings(bootstrap=20))
    assert (got["kind"], got["num_images"], got["num_left_out"]) == ("multi-class", 4, 1)
    assert got["confusion"] == [{"name": "", "classes": ["a", "b", "c"], "counts": [[1, 1, 0], [0, 1, 0], [0, 0, 1]]}]
    # R_K: 3 right of 4; truth 2, 1, 1; predicted 1, 2, 1: (12 - 5) / sqrt((16 - 6)(16 - 6)).
    assert values(got["overall"]) == pytest.approx(dict(accuracy=0.75, mcc=0.7))
    assert got["mean"]["recall"]["value"] == pytest.approx((0.5 + 1 + 1) / 3)
    assert got["mean"]["precision"]["value"] == pytest.approx((1 + 0.5 + 1) / 3)
    assert got["labels"]["a"]["auc"]["value"] == 1.0
    assert "1 images without a known label are left out." in got["notes"]


def test_kind_is_seen():
    one_hot = [[1, 0], [0, 1]]
    auto = ClassificationSettings(bootstrap=1)
    assert summarize(predictions([[0.9, 0.1], [0.2, 0.8]], one_hot), by_image(2), auto)["kind"] == "multi-class"
    assert summarize(predictions([[0.9, 0.3], [0.2, 0.8]], one_hot), by_image(2), auto)["kind"] == "multi-label"
    assert (
        summarize(predictions([[0.9, 0.1], [0.2, 0.8]], [[1, 1], [0, 1]]), by_image(2), auto)["kind"] == "multi-label"
    )


def accuracy_and_auc(scores, labels):
    """Of one label, written out."""
    pairs = [(s, y) for s, y in zip(scores, labels, strict=True) if not np.isnan(y)]
    positives, negatives = ([s for s, y in pairs if y == side] for side in (1, 0))
    wins = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return np.mean([(s > 0.5) == y for s, y in pairs]), wins / (len(positives) * len(negatives))


@pytest.mark.parametrize("cells", [1, 100, 2**22])
def test_intervals_are_those_of_resampled_patients(cells, monkeypatch):
    monkeypatch.setattr(classification_summary, "CELLS", cells)
    tested, groups = random_set(0)
    got = summarize(tested, groups, ClassificationSettings("multi-label", bootstrap=60, seed=7))
    slow = []
    for weights in resample_weights(groups.of_image, 60, seed=7):
        picked = np.repeat(np.arange(len(weights)), weights)
        slow.append([accuracy_and_auc(tested.scores[picked, i], tested.labels[picked, i]) for i in range(3)])
    slow = np.array(slow)  # (60, 3 labels, 2 measures)
    for column, measure in enumerate(("accuracy", "auc")):
        for label, name in enumerate("abc"):
            expected = np.percentile(slow[:, label, column], [2.5, 97.5])
            np.testing.assert_allclose(got["labels"][name][measure]["ci95"], expected, atol=1e-12)
        expected = np.percentile(slow[:, :, column].mean(1), [2.5, 97.5])
        np.testing.assert_allclose(got["mean"][measure]["ci95"], expected, atol=1e-12)


def test_multi_class_intervals_are_those_of_resampled_patients():
    tested, groups = random_set(1, exclusive=True)
    got = summarize(tested, groups, ClassificationSettings(bootstrap=60, seed=7))
    right = tested.scores.argmax(1) == tested.labels.argmax(1)
    slow = [np.repeat(right, weights).mean() for weights in resample_weights(groups.of_image, 60, seed=7)]
    np.testing.assert_allclose(got["overall"]["accuracy"]["ci95"], np.percentile(slow, [2.5, 97.5]), atol=1e-12)


def test_seed_and_patients_matter():
    tested, groups = random_set(2)
    again, other, images = (
        summarize(tested, g, ClassificationSettings("multi-label", bootstrap=200, seed=seed))["mean"]["auc"]
        for g, seed in ((groups, 0), (groups, 1), (by_image(40), 0))
    )
    assert again == summarize(tested, groups, ClassificationSettings("multi-label", bootstrap=200))["mean"]["auc"]
    assert again["value"] == other["value"] == images["value"]
    assert again["ci95"] != other["ci95"] and again["ci95"] != images["ci95"]


def test_repeated_images_of_a_patient_do_not_make_it_surer():
    """Ten copies of each image of a patient: the interval over patients stays, the one over images shrinks."""
    tested, _ = random_set(3)
    copies = predictions(np.repeat(tested.scores, 10, 0), np.repeat(tested.labels, 10, 0))
    once = summarize(tested, by_image(40), MULTI_LABEL)["mean"]["auc"]["ci95"]
    patients = Groups([str(i // 10) for i in range(400)], "patient")
    np.testing.assert_allclose(summarize(copies, patients, MULTI_LABEL)["mean"]["auc"]["ci95"], once, atol=1e-12)
    low, high = summarize(copies, by_image(400), MULTI_LABEL)["mean"]["auc"]["ci95"]
    assert high - low < 0.6 * (once[1] - once[0])


def test_undefined_is_null_and_noted_and_json_takes_it():
    nan = np.nan
    tested = predictions([[0.9, 0.2, 0.3], [0.1, 0.3, 0.3], [0.2, 0.2, 0.3]], [[1, 0, nan], [0, 0, nan], [0, 0, nan]])
    got = summarize(tested, by_image(3), MULTI_LABEL)
    json.dumps(got, allow_nan=False)
    b, c = got["labels"]["b"], got["labels"]["c"]
    assert [k for k, v in b.items() if isinstance(v, dict) and v["value"] is not None] == ["accuracy"]
    assert b["auc"] == {"value": None, "ci95": [None, None]}
    assert all(v["value"] is None for v in c.values() if isinstance(v, dict))
    assert got["mean"]["accuracy"]["value"] == 1.0 and got["mean"]["auc"]["value"] == 1.0
    notes = "\n".join(got["notes"])
    assert "b: no image is positive and none is predicted positive, so AUC, Precision, Recall, F1, MCC are not" in notes
    assert "c: no image counts, so" in notes


@pytest.mark.parametrize("change", [dict(kind="x"), dict(threshold=1.5), dict(bootstrap=0), dict(seed=-1)])
def test_settings_out_of_range(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        ClassificationSettings(**change)


def test_what_cannot_be_measured():
    with pytest.raises(ValueError, match="one class for every image"):
        summarize(predictions([[0.9, 0.1]], [[1, 1]]), by_image(1), MULTI_CLASS)
    with pytest.raises(ValueError, match="nothing to measure"):
        summarize(predictions([[0.9, 0.1]], [[np.nan, np.nan]]), by_image(1), MULTI_LABEL)
