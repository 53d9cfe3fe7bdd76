"""Resampling against sets that are really drawn again, and numbers worked by hand."""

import numpy as np

from detect.bootstrap import bootstrap_sensitivities, percentile_interval, resample_weights, two_sided_p
from detect.froc import MatchedSet, RankedSet, sensitivity_at


def test_a_patients_images_stay_together_and_the_number_of_patients_stays() -> None:
    groups = ["p1", "p2", "p1", "p3", "p3", "p3"]
    weights = resample_weights(groups, 500, seed=1)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 3] == weights[:, 4]).all() and (weights[:, 4] == weights[:, 5]).all()
    assert (weights[:, [0, 1, 3]].sum(1) == 3).all()
    # Each patient is drawn once on average; the standard error of 500 means is 0.037.
    np.testing.assert_allclose(weights.mean(0), 1, atol=0.15)


def test_the_seed_decides() -> None:
    groups = list(range(20))
    assert (resample_weights(groups, 5, seed=3) == resample_weights(groups, 5, seed=3)).all()
    assert (resample_weights(groups, 5, seed=3) != resample_weights(groups, 5, seed=4)).any()


def test_resamples_equal_sets_with_the_images_copied() -> None:
    rng = np.random.default_rng(0)
    image = np.repeat(np.arange(8), 5)
    lesions = rng.integers(1, 4, 8)
    hits = np.zeros(40, bool)
    for i in range(8):
        hits[np.flatnonzero(image == i)[: lesions[i] - 1]] = True
    scores = rng.integers(0, 12, 40) / 12
    matched = MatchedSet(scores, hits, image, lesions)
    weights = resample_weights(list("aabbcdef"), 25, seed=0)
    rates = [0.5, 1, 2]
    got = bootstrap_sensitivities(RankedSet(matched), weights, rates)
    for row, sample in zip(weights, got, strict=True):
        drawn = [i for i, w in enumerate(row) for _ in range(w)]
        parts = [np.flatnonzero(image == i) for i in drawn]
        index = np.concatenate(parts)
        new_image = np.concatenate([np.full(len(part), k) for k, part in enumerate(parts)])
        copy = MatchedSet(scores[index], hits[index], new_image, lesions[drawn])
        assert sample.tolist() == sensitivity_at(RankedSet(copy).curve(), rates)[0].tolist()
    assert len(np.unique(got[:, 2])) > 5


def test_counting_only_the_beginning_of_a_long_curve_changes_nothing() -> None:
    """100 false positives an image, so that the resamples use the first points; one image holds nearly all of them."""
    rng = np.random.default_rng(1)
    image = np.concatenate([rng.integers(0, 6, 100), np.zeros(500, int)])
    scores = rng.random(600)
    matched = MatchedSet(scores, rng.random(600) < 0.02, image, np.full(6, 12))
    ranked = RankedSet(matched)
    weights = resample_weights(range(6), 200, seed=0)
    rates = [0.1, 1, 4]
    got = bootstrap_sensitivities(ranked, weights, rates)
    expected = [sensitivity_at(ranked.curve(row), rates)[0] for row in weights]
    assert got.tolist() == np.array(expected).tolist()
    points = np.searchsorted(ranked.curve().fp_per_image, 8)
    ends = np.array([ranked.curve(row, points).fp_per_image[-1] for row in weights])
    assert (ends <= 4).any() and (ends > 4).any()


def test_a_resample_without_lesions_is_left_out_of_the_interval() -> None:
    matched = MatchedSet(np.array([0.9]), np.array([True]), np.array([0]), np.array([1, 0]))
    samples = bootstrap_sensitivities(RankedSet(matched), np.array([[2, 0], [0, 2], [1, 1]]), [1])
    assert samples[:, 0].tolist()[::2] == [1.0, 1.0] and np.isnan(samples[1, 0])
    assert percentile_interval(samples).tolist() == [[1.0], [1.0]]


def test_interval_by_hand() -> None:
    # 0, 1, ..., 1000: the 2.5 % and the 97.5 % points.
    np.testing.assert_allclose(percentile_interval(np.arange(1001.0)[:, None]), [[25], [975]])


def test_p_by_hand() -> None:
    # 3 of 99 at or below zero: 2 (3 + 1) / 100.
    assert two_sided_p(np.array([-1.0] * 2 + [0.0] + [1.0] * 96)) == 0.08
    assert two_sided_p(np.array([1.0] * 99)) == 0.02
    assert two_sided_p(np.array([-1.0] * 99)) == 0.02
    assert two_sided_p(np.zeros(10)) == 1.0
    assert two_sided_p(np.array([1.0, np.nan, 1.0, 1.0])) == 0.5


def test_p_is_even_where_there_is_no_difference() -> None:
    """Under the null, p below 0.2 happens in about 20 % of the experiments."""
    rng = np.random.default_rng(0)
    low = 0
    for _ in range(400):
        data = rng.normal(size=60)
        means = data[rng.integers(60, size=(200, 60))].mean(1)
        low += two_sided_p(means) < 0.2
    assert 0.14 < low / 400 < 0.27
