"""Repeats: unbiased variance by enumeration, means against a loop, and what a crossed bootstrap counts."""

from itertools import product

import numpy as np
import pytest

from data.resampling import resample_weights
from detect.repeats import mean_of_repeats, repeat_shares, spread


@pytest.mark.parametrize("values", [[0.2, 0.7], [0.1, 0.5, 0.4], [3.0, 1.0, 4.0, 1.5]])
def test_one_draw_fewer_gives_the_unbiased_variance_of_the_mean(values: list[float]) -> None:
    """Over all S^(S-1) draws; S draws would give (S - 1) / S of it."""
    count = len(values)
    unbiased = np.var(values, ddof=1) / count
    means = [np.mean(draw) for draw in product(values, repeat=count - 1)]
    assert np.mean(means) == pytest.approx(np.mean(values))
    assert np.var(means) == pytest.approx(unbiased)
    too_many = [np.mean(draw) for draw in product(values, repeat=count)]
    assert np.var(too_many) == pytest.approx(unbiased * (count - 1) / count)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_shares_are_of_one_draw_fewer_and_each_draw_is_as_likely(count: int) -> None:
    shares = repeat_shares(count, 20_000, np.random.default_rng(0))
    assert shares.shape == (20_000, count)
    drawn = shares * (count - 1)
    np.testing.assert_allclose(drawn, np.round(drawn), atol=1e-12)
    assert (drawn.sum(1).round() == count - 1).all()
    values = np.arange(count) ** 2.0
    assert (shares @ values).var() == pytest.approx(values.var(ddof=1) / count, rel=0.05)


def test_a_single_repeat_is_always_drawn() -> None:
    assert repeat_shares(1, 4, np.random.default_rng(0)).tolist() == [[1.0]] * 4


def test_the_mean_of_repeats_equals_a_loop() -> None:
    rng = np.random.default_rng(1)
    values, samples = rng.random((3, 2)), rng.random((3, 50, 2))
    samples[:, 7] = np.nan  # a resample without a lesion has none in any repeat
    got = mean_of_repeats(values, samples, np.random.default_rng(5))
    np.testing.assert_allclose(got.value, (values[0] + values[1] + values[2]) / 3)
    drawn = np.random.default_rng(5).integers(3, size=(50, 2))
    for r in range(50):
        patients = (samples[0, r] + samples[1, r] + samples[2, r]) / 3
        repeats = (values[drawn[r, 0]] + values[drawn[r, 1]]) / 2 - got.value
        expected = [
            min(max(total, np.nanmin(samples[..., column])), np.nanmax(samples[..., column]))
            for column, total in enumerate(patients + repeats)
        ]
        np.testing.assert_allclose(got.samples[r], expected if r != 7 else np.nan)
    low, high = got.interval("percentile")
    np.testing.assert_allclose(low, np.nanpercentile(got.samples, 2.5, axis=0))
    assert (low < high).all()


def test_the_spread_is_the_sample_deviation_and_unknown_of_one() -> None:
    np.testing.assert_allclose(spread([[0.1, 1], [0.3, 1]]), [0.2 / np.sqrt(2), 0])
    assert np.isnan(spread([[0.1, 1]])).tolist() == [True, True]


def variances(patient: float, training: float, both: float, sets: int = 400) -> tuple[float, float]:
    """Mean bootstrap variance and true variance of a mean over 30 patients and 3 repeats with these deviations."""
    rng, boot = np.random.default_rng(0), []
    for index in range(sets):
        scores = patient * rng.normal(size=30) + training * rng.normal(size=(3, 1)) + both * rng.normal(size=(3, 30))
        weights = resample_weights(range(30), 100, index)
        boot.append(mean_of_repeats(scores.mean(1), scores @ weights.T / 30, rng).samples.var())
    return float(np.mean(boot)), patient**2 / 30 + training**2 / 3 + both**2 / 90


def test_the_variance_holds_patients_and_trainings() -> None:
    for deviations in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 0.3, 0.0)):
        boot, true = variances(*deviations)
        assert boot == pytest.approx(true, rel=0.12)


def test_chance_of_a_patient_and_a_training_together_counts_twice() -> None:
    boot, true = variances(0.0, 0.0, 1.0)
    assert 1.8 < boot / true < 2.2


def test_samples_of_shares_stay_shares() -> None:
    values = np.array([[0.9], [1.0], [1.0]])
    samples = np.clip(values[:, None] + np.random.default_rng(0).normal(0, 0.05, (3, 500, 1)), 0, 1)
    got = mean_of_repeats(values, samples, np.random.default_rng(0))
    assert got.samples.max() == 1 and got.samples.min() >= samples.min()
