"""Measures of a classifier: against plain loops over resampled images, against torchmetrics, and by hand."""

import math

import numpy as np
import pytest
import torch
from torchmetrics.functional import classification as tm

from enhance.classifier.report.measures import (
    Counts,
    binary_counts,
    confusion,
    measures_of_counts,
    multiclass_measures,
)
from reporting.auc import weighted_auc
from tests.test_reporting.labeled_set import NAN, a_set, divide, repeated


def slow_measures(predicted, truth):
    pairs = [(p, t) for p, t in zip(predicted, truth, strict=True) if not math.isnan(t)]
    tp, fp, fn, tn = (sum(pair == cell for pair in pairs) for cell in ((1, 1), (1, 0), (0, 1), (0, 0)))
    precision, recall = divide(tp, tp + fp), divide(tp, tp + fn)
    # MCC as what it is: the correlation of the two columns.
    columns = np.array(pairs, float).T
    mcc = np.corrcoef(columns)[0, 1] if len(pairs) and (columns.std(1) > 0).all() else NAN
    return {
        "accuracy": divide(tp + tn, len(pairs)),
        "precision": precision,
        "recall": recall,
        "f1": divide(tp, tp + (fp + fn) / 2),
        "mcc": mcc,
    }


@pytest.mark.parametrize("seed", range(5))
def test_counts_and_measures_are_those_of_the_resampled_images(seed):
    scores, truth, weights = a_set(seed, images=12)
    got = measures_of_counts(binary_counts(scores > 0.5, truth, weights))
    for row, weight in enumerate(weights):
        for label in range(truth.shape[1]):
            expected = slow_measures(*repeated(weight, scores[:, label] > 0.5, truth[:, label]))
            for name, value in expected.items():
                assert got[name][row, label] == pytest.approx(value, abs=1e-12, nan_ok=True), name


def test_measures_by_hand():
    # 3 found, 1 false alarm, 2 missed, 4 right to be silent; margins 4 * 5 * 5 * 6 = 600.
    counts = Counts(*(np.array([[v]], float) for v in (3, 1, 2, 4)))
    got = {name: value.item() for name, value in measures_of_counts(counts).items()}
    expected = {"accuracy": 0.7, "precision": 0.75, "recall": 0.6, "f1": 2 / 3, "mcc": 10 / 600**0.5}
    assert got == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("cells", "undefined"),
    [
        ((0, 2, 0, 3), {"recall", "mcc"}),  # no positive
        ((0, 0, 2, 3), {"precision", "mcc"}),  # never predicted
        ((0, 0, 0, 3), {"precision", "recall", "f1", "mcc"}),  # neither
        ((2, 0, 1, 0), {"mcc"}),  # no negative
        ((0, 0, 0, 0), {"accuracy", "precision", "recall", "f1", "mcc"}),
    ],
)
def test_what_is_not_defined_is_nan(cells, undefined):
    got = measures_of_counts(Counts(*(np.array([[v]], float) for v in cells)))
    assert {name for name, value in got.items() if np.isnan(value).all()} == undefined


def test_pooled_counts_add_the_labels():
    counts = binary_counts(np.array([[1, 0], [1, 1]]), np.array([[1, 1], [0, NAN]]), np.ones((1, 2)))
    assert [v.item() for v in vars(counts.pooled()).values()] == [1, 1, 1, 0]


def test_multi_label_equals_torchmetrics():
    scores, truth, _ = a_set(3, images=200, labels=4)
    scores = np.random.default_rng(1).random(scores.shape)
    ones = np.ones((1, len(scores)))
    got = measures_of_counts(binary_counts(scores > 0.5, truth, ones))
    target = torch.from_numpy(np.nan_to_num(truth, nan=-1)).long()
    p = torch.from_numpy(scores)
    args = dict(num_labels=4, average="none", ignore_index=-1)
    for name, function in {
        "accuracy": tm.multilabel_accuracy,
        "precision": tm.multilabel_precision,
        "recall": tm.multilabel_recall,
        "f1": tm.multilabel_f1_score,
    }.items():
        np.testing.assert_allclose(got[name][0], function(p, target, **args).numpy(), atol=1e-6)
    expected = tm.multilabel_auroc(p, target, **args).numpy()
    for label in range(4):
        counted = target[:, label] >= 0
        mcc = tm.binary_matthews_corrcoef(p[counted, label], target[counted, label])
        assert got["mcc"][0, label] == pytest.approx(float(mcc), abs=1e-6)
        assert weighted_auc(scores[:, label], truth[:, label], ones)[0] == pytest.approx(expected[label], abs=1e-6)


def test_multi_class_equals_torchmetrics():
    rng = np.random.default_rng(2)
    scores, truth = rng.dirichlet(np.ones(4), 150), rng.integers(4, size=150)
    predicted, ones = scores.argmax(1), np.ones((1, 150))
    p, t = torch.from_numpy(scores), torch.from_numpy(truth)
    matrix = confusion(predicted, truth, 4)
    np.testing.assert_array_equal(matrix, tm.multiclass_confusion_matrix(p, t, 4).numpy())
    counts = binary_counts(np.eye(4)[predicted], np.eye(4)[truth], ones)
    overall = multiclass_measures(counts)
    assert overall["mcc"][0] == pytest.approx(float(tm.multiclass_matthews_corrcoef(p, t, 4)), abs=1e-6)
    assert overall["accuracy"][0] == pytest.approx(float(tm.multiclass_accuracy(p, t, 4, average="micro")), abs=1e-6)
    got = measures_of_counts(counts)
    for name, function in {
        "precision": tm.multiclass_precision,
        "recall": tm.multiclass_recall,
        "f1": tm.multiclass_f1_score,
    }.items():
        np.testing.assert_allclose(got[name][0], function(p, t, 4, average="none").numpy(), atol=1e-6)
    expected = tm.multiclass_auroc(p, t, 4, average="none").numpy()
    areas = [weighted_auc(scores[:, c], np.eye(4)[truth][:, c], ones)[0] for c in range(4)]
    np.testing.assert_allclose(areas, expected, atol=1e-6)


def one_against_the_rest(predicted, truth, classes, weights):
    return binary_counts(np.eye(classes)[predicted], np.eye(classes)[truth], weights)


def test_confusion_counts_the_images():
    # Two of class 0 right, one of class 0 taken for 2, one of class 2 taken for 0.
    got = confusion(np.array([0, 2, 0, 0]), np.array([0, 0, 2, 0]), 3)
    assert got.tolist() == [[2, 0, 1], [0, 0, 0], [1, 0, 0]]


def test_multi_class_measures_are_those_of_the_resampled_images():
    rng = np.random.default_rng(0)
    predicted, truth, weights = rng.integers(3, size=20), rng.integers(3, size=20), rng.integers(0, 3, (5, 20))
    got = multiclass_measures(one_against_the_rest(predicted, truth, 3, weights))
    for row, weight in enumerate(weights):
        p, t = map(np.array, repeated(weight, predicted, truth))
        assert got["accuracy"][row] == pytest.approx((p == t).mean(), abs=1e-12)
        # R_K is the correlation of the one-hot rows: their covariances summed over the classes.
        x, y = (np.eye(3)[v] - np.eye(3)[v].mean(0) for v in (p, t))
        assert got["mcc"][row] == pytest.approx((x * y).sum() / ((x * x).sum() * (y * y).sum()) ** 0.5, abs=1e-12)


def test_mcc_of_two_classes_is_the_binary_one():
    rng = np.random.default_rng(0)
    counts = one_against_the_rest(rng.integers(2, size=20), rng.integers(2, size=20), 2, rng.integers(0, 3, (9, 20)))
    np.testing.assert_allclose(multiclass_measures(counts)["mcc"], measures_of_counts(counts)["mcc"][:, 1])


def test_mcc_of_one_class_is_not_defined():
    two, one = np.array([0, 1, 2]), np.array([1, 1, 1])
    for predicted, truth in ((two, one), (one, two)):
        assert np.isnan(multiclass_measures(one_against_the_rest(predicted, truth, 3, np.ones((1, 3))))["mcc"]).all()
