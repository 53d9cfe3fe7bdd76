"""The weighted area under the ROC: against all pairs of a resample, by hand, and against torchmetrics."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import binary_auroc

from reporting.auc import weighted_auc

NAN = float("nan")


def a_set(seed: int, images: int = 30, missing: float = 0.2):
    """Scores with many ties, labels with holes, and 8 resamples after the row of ones."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 8, (images, 1)) / 7
    truth = (rng.random((images, 1)) < 0.4).astype(float)
    truth[rng.random((images, 1)) < missing] = np.nan
    drawn = [np.bincount(rng.integers(images, size=images), minlength=images) for _ in range(8)]
    return scores, truth, np.array([np.ones(images, int), *drawn])


def repeated(weights, *columns):
    """The images of a resample one by one."""
    picked = [i for i, times in enumerate(weights) for _ in range(times)]
    return [[column[i] for i in picked] for column in columns]


def divide(a, b):
    return a / b if b else NAN


@pytest.mark.parametrize("seed", range(5))
def test_auc_is_the_share_of_pairs_in_order(seed):
    scores, truth, weights = a_set(seed)
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
