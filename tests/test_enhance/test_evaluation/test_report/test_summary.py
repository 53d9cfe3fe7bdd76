"""Means, intervals and differences of the measures, against loops over the images and the resamples."""

import json

import numpy as np
import pytest

from enhance.evaluation.report.cases import read_cases
from enhance.evaluation.report.measured import measure
from enhance.evaluation.report.summary import MEASURES, summarize_attention
from reporting.resampling import resample_weights
from reporting.significance import holm
from tests.test_enhance.attention_cases import LABELS, evaluated, method_set, settings, without_labels, write_set

BOOTSTRAP = 60


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Measures of 12 images of 6 patients, and their summary."""
    folder = tmp_path_factory.mktemp("set")
    write_set(folder, 12)
    return evaluated(folder, threshold=0.5, bootstrap=BOOTSTRAP, seed=3)


def drawn(measured):
    """Images of each resample, an image as often as it is drawn; the set itself first."""
    groups = [case.patient for case in measured.cases]
    rows = [[1] * len(groups), *resample_weights(groups, BOOTSTRAP, 3).tolist()]
    return [[image for image, times in enumerate(row) for _ in range(times)] for row in rows]


def by_hand(measured, name, system, images):
    """One measure of one system on a list of images."""
    entry, arrays = MEASURES[name], measured.arrays
    values = [arrays[entry.array][image, system] for image in images]
    values = [value for value in values if not np.isnan(value)]
    if not values:
        return np.nan
    if entry.per is None:
        return sum(values) / len(values)
    areas = [arrays[entry.per][image, system] for image in images]
    return sum(values) / sum(area for area in areas if not np.isnan(area))


@pytest.mark.parametrize("name", MEASURES)
def test_value_and_interval_are_those_of_the_loop(made, name):
    measured, summary = made
    for column, system in enumerate(measured.systems):
        samples = [by_hand(measured, name, column, images) for images in drawn(measured)]
        entry = summary["systems"][system][name]
        assert entry["value"] == pytest.approx(samples[0])
        np.testing.assert_allclose(entry["ci95"], np.nanpercentile(samples[1:], [2.5, 97.5]))


def test_differences_are_paired_and_from_the_first_method(made):
    measured, summary = made
    assert summary["reference"] == "CAM"
    pairs = {(entry["a"], entry["b"]) for entry in summary["differences"]}
    methods, floors = measured.systems[:3], measured.systems[3:]
    expected = {(a, "CAM") for a in measured.systems[1:]} | {(a, b) for a in methods for b in floors}
    assert pairs == expected
    assert len(summary["differences"]) == len(MEASURES) * len(expected)
    for entry in summary["differences"]:
        a, b = (measured.systems.index(entry[key]) for key in "ab")
        samples = [
            by_hand(measured, entry["measure"], a, images) - by_hand(measured, entry["measure"], b, images)
            for images in drawn(measured)
        ]
        assert entry["difference"] == pytest.approx(samples[0])
        np.testing.assert_allclose(entry["ci95"], np.nanpercentile(samples[1:], [2.5, 97.5]), atol=1e-12)
    for measure_name in MEASURES:
        for b in ("CAM", *floors):
            family = [
                e for e in summary["differences"] if (e["measure"], e["b"]) == (measure_name, b) and e["p"] is not None
            ]
            assert [e["p_holm"] for e in family] == holm([e["p"] for e in family])


def test_classes_are_those_of_correctly_predicted_images(made):
    measured, summary = made
    arrays = measured.arrays
    seen = 0
    for label, index in zip(LABELS, range(4), strict=True):
        images = [i for i in range(12) if arrays["targets"][i] == index and arrays["correct"][i]]
        seen += len(images)
        assert (label in summary["systems"]["CRM"]["classes"]) == bool(images)
        if images:
            entry = summary["systems"]["CRM"]["classes"][label]
            assert entry["roi_size"]["value"] == pytest.approx(np.mean([arrays["roi_size"][i, 2] for i in images]))
            assert entry["aopc"]["num_images"] == len(images)
            assert sum(entry["scores"]["histogram"]) == 16 * 16 * len(images)
            assert entry["scores"]["mean"] == pytest.approx(np.mean([arrays["score_mean"][i, 2] for i in images]))
    assert seen == summary["num_correct"] > 2


def test_counts_classifier_and_curves(made):
    measured, summary = made
    assert (summary["num_images"], summary["num_patients"], summary["num_with_boxes"]) == (12, 6, 6)
    pairs = [
        (p, q)
        for p, a in zip(measured.arrays["probabilities"][:, 2], measured.cases, strict=True)
        for q, b in zip(measured.arrays["probabilities"][:, 2], measured.cases, strict=True)
        if a.labels[2] == 1 and b.labels[2] == 0
    ]
    expected = np.mean([(p > q) + 0.5 * (p == q) for p, q in pairs])
    assert summary["classifier"]["labels"]["label 2"]["value"] == pytest.approx(expected)
    assert "label 0" not in summary["classifier"]["labels"]  # it is never 0
    assert (summary["num_labeled"], summary["label_names"]) == (12, LABELS)
    for index, label in enumerate(LABELS):
        own = [i for i in range(12) if measured.arrays["targets"][i] == index and measured.arrays["correct"][i]]
        assert (label in summary["noise_fall"]) == bool(own)
        if own:
            falls = [measured.arrays["morf"][i, 1, 0] - measured.arrays["morf"][i, 1, -1] for i in own]
            assert summary["noise_fall"][label]["value"] == pytest.approx(np.mean(falls))
    curve = summary["curves"]["morf"]["CRM"]
    correct = [i for i in range(12) if measured.arrays["correct"][i]]
    np.testing.assert_allclose(curve, [np.mean(measured.arrays["morf"][correct, 2, step]) for step in range(17)])
    json.dumps(summary, allow_nan=False)


def test_maps_without_a_positive_value_are_counted(tmp_path):
    write_set(tmp_path)
    both, chosen = method_set(), settings(tmp_path, bootstrap=10)
    both.methods["CAM"].class_maps = lambda features, targets, images: -features[:, 1]
    measured = measure(both, read_cases(tmp_path, "test.json", LABELS), chosen)
    systems = summarize_attention(measured, chosen, LABELS)["systems"]
    assert [entry["num_empty"] for entry in systems.values()] == [7, 0, 0, 0, 0]


def test_a_set_without_labels_has_boxes_alone(tmp_path):
    without_labels(write_set(tmp_path))
    summary = evaluated(tmp_path)[1]
    system = summary["systems"]["CAM"]
    assert system["aopc"] == {"value": None, "ci95": [None, None], "num_images": 0}
    assert system["pointing"]["num_images"] == 3
    assert system["classes"] == summary["curves"]["morf"] == summary["classifier"]["labels"] == {}
    assert summary["classifier"]["mean"] is None
    assert (summary["num_labeled"], summary["noise_fall"]) == (0, {})
    assert {entry["measure"] for entry in summary["differences"]} == {"pointing", "energy_ratio", "iou", "roi_size"}
    json.dumps(summary, allow_nan=False)


def test_too_few_patients_have_no_p(tmp_path):
    write_set(tmp_path, 8)
    summary = evaluated(tmp_path)[1]
    assert {entry["p"] for entry in summary["differences"]} == {None}
