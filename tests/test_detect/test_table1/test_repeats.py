"""Repeats: unbiased variance by enumeration, means against a loop, and what a crossed bootstrap counts."""

from itertools import product

import numpy as np
import pytest

from detect.table1.repeats import deviations, mean_of_repeats, spread
from reporting.resampling import resample_weights

ANY = (-np.inf, np.inf)


@pytest.mark.parametrize("values", [[0.2, 0.7], [0.1, 0.5, 0.4], [3.0, 1.0, 4.0, 1.5]])
def test_drawn_deviations_have_the_unbiased_variance_of_the_mean(values: list[float]) -> None:
    """Over all S^S draws; without the factor they would have (S - 1) / S of it."""
    count = len(values)
    means = [np.mean(draw) for draw in product(deviations(values), repeat=count)]
    assert np.mean(means) == pytest.approx(0)
    assert np.var(means) == pytest.approx(np.var(values, ddof=1) / count)


def test_a_pool_has_the_mean_of_the_variances_of_its_rows() -> None:
    rows = [[0.2, 0.7, 0.3], [0.1, 0.5, 0.4], [0.9, 0.8, 0.8]]
    pool = np.concatenate([deviations(row) for row in rows])
    means = [np.mean(draw) for draw in product(pool, repeat=3)]
    assert np.var(means) == pytest.approx(np.mean([np.var(row, ddof=1) for row in rows]) / 3)


def test_one_repeat_has_no_deviations_and_is_resampled_over_patients_alone() -> None:
    assert deviations([[0.5, 0.2]]).shape == (0, 2)
    samples, pool = np.random.default_rng(0).random((1, 9, 2)), np.ones((3, 2))
    got = mean_of_repeats([[0.5, 0.2]], samples, pool, np.random.default_rng(0))
    np.testing.assert_array_equal(got.samples, samples[0])


def test_the_mean_of_repeats_equals_a_loop() -> None:
    rng = np.random.default_rng(1)
    values, samples, pool = rng.random((3, 2)), rng.random((3, 50, 2)), rng.normal(0, 0.3, (7, 2))
    samples[:, 7] = np.nan  # a resample without a lesion has none in any repeat
    got = mean_of_repeats(values, samples, pool, np.random.default_rng(5))
    np.testing.assert_allclose(got.value, (values[0] + values[1] + values[2]) / 3)
    drawn = np.random.default_rng(5).integers(7, size=(50, 3))
    clipped = 0
    for r in range(50):
        patients = (samples[0, r] + samples[1, r] + samples[2, r]) / 3
        total = patients + (pool[drawn[r, 0]] + pool[drawn[r, 1]] + pool[drawn[r, 2]]) / 3
        clipped += ((total < 0) | (total > 1)).any()
        np.testing.assert_allclose(got.samples[r], np.clip(total, 0, 1))
    assert clipped
    low, high = got.interval("percentile")
    np.testing.assert_allclose(low, np.nanpercentile(got.samples, 2.5, axis=0))
    assert (low < high).all()


@pytest.mark.filterwarnings("error")
def test_a_statistic_that_is_nowhere_defined_gives_no_warning() -> None:
    values = np.array([[np.nan, 0.4], [np.nan, 0.5]])
    samples = np.broadcast_to(values[:, None], (2, 5, 2))
    got = mean_of_repeats(values, samples, deviations(values), np.random.default_rng(0))
    assert np.isnan(got.samples[:, 0]).all() and np.isfinite(got.samples[:, 1]).all()
    assert np.isnan(got.interval("percentile")[:, 0]).all()


def test_the_spread_is_the_sample_deviation_and_unknown_of_one() -> None:
    np.testing.assert_allclose(spread([[0.1, 1], [0.3, 1]]), [0.2 / np.sqrt(2), 0])
    assert np.isnan(spread([[0.1, 1]])).tolist() == [True, True]


def variances(patient: float, training: float, both: float, sets: int = 400) -> tuple[float, float]:
    """Mean bootstrap variance and true variance of a mean over 30 patients and 3 repeats with these deviations."""
    rng, boot = np.random.default_rng(0), []
    for index in range(sets):
        scores = patient * rng.normal(size=30) + training * rng.normal(size=(3, 1)) + both * rng.normal(size=(3, 30))
        weights = resample_weights(range(30), 100, index)
        values = scores.mean(1)
        boot.append(mean_of_repeats(values, scores @ weights.T / 30, deviations(values), rng, ANY).samples.var())
    return float(np.mean(boot)), patient**2 / 30 + training**2 / 3 + both**2 / 90


def test_the_variance_holds_patients_and_trainings() -> None:
    for patient, training in ((1.0, 0.0), (0.0, 1.0), (1.0, 0.3)):
        boot, true = variances(patient, training, 0.0)
        assert boot == pytest.approx(true, rel=0.12)


def test_chance_of_a_patient_and_a_training_together_counts_twice() -> None:
    boot, true = variances(0.0, 0.0, 1.0)
    assert 1.8 < boot / true < 2.2


def test_samples_stay_within_the_limits() -> None:
    values = np.array([[0.9], [1.0], [1.0]])
    samples = np.clip(values[:, None] + np.random.default_rng(0).normal(0, 0.05, (3, 500, 1)), 0, 1)
    shares, free = (
        mean_of_repeats(values, samples, deviations(values), np.random.default_rng(0), limits).samples
        for limits in ((0.0, 1.0), ANY)
    )
    assert free.max() > 1 and shares.max() == 1
    np.testing.assert_array_equal(shares, np.minimum(free, 1))
