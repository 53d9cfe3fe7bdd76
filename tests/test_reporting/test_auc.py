"""The weighted area under the ROC: against all pairs of a resample, by hand, and against torchmetrics."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import binary_auroc

from reporting.auc import weighted_auc
from tests.test_reporting.labeled_set import NAN, a_set, divide, repeated


@pytest.mark.parametrize("seed", range(5))
def test_auc_is_the_share_of_pairs_in_order(seed):
    scores, truth, weights = a_set(seed, labels=1)
    got = weighted_auc(scores[:, 0], truth[:, 0], weights)
    for value, weight in zip(got, weights, strict=True):
        s, y = repeated(weight, scores[:, 0], truth[:, 0])
        pairs = [(p, n) for p, a in zip(s, y, strict=True) for n, b in zip(s, y, strict=True) if a == 1 and b == 0]
        expected = divide(sum((p > n) + 0.5 * (p == n) for p, n in pairs), len(pairs))
        assert value == pytest.approx(expected, abs=1e-12)


def test_auc_of_one_class_or_nothing_is_not_defined():
    weights = np.array([[1, 1], [2, 0], [0, 2]])
    np.testing.assert_array_equal(weighted_auc(np.array([0.1, 0.9]), np.array([0.0, 1.0]), weights), [1, NAN, NAN])
    assert np.isnan(weighted_auc(np.array([0.1, 0.9]), np.array([NAN, NAN]), weights)).all()
    assert np.isnan(weighted_auc(np.array([0.1, 0.9]), np.array([1.0, 1.0]), weights)).all()


def test_equals_torchmetrics() -> None:
    rng = np.random.default_rng(1)
    scores, labels = rng.random(200), rng.integers(0, 2, 200)
    expected = binary_auroc(torch.from_numpy(scores), torch.from_numpy(labels))
    assert weighted_auc(scores, labels.astype(float), np.ones((1, 200)))[0] == pytest.approx(float(expected), abs=1e-6)
