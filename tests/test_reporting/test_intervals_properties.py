"""The bootstrap against plain loops written from the definitions, on random samples with ties."""

from fractions import Fraction
from statistics import NormalDist

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from reporting.intervals import bca_interval, percentile_interval
from reporting.resampling import jackknife_weights, resample_weights
from reporting.significance import holm, two_sided_p

# Derandomized: the same examples in every run.
COMMON = dict(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
NORMAL = NormalDist()

levels = st.sampled_from((0.5, 0.8, 0.9, 0.95))
shares = st.integers(0, 20).map(lambda k: k / 20)  # few values, many ties, as sensitivities are
samples = st.lists(shares, min_size=2, max_size=40)
groups = st.lists(st.integers(0, 8), min_size=1, max_size=25)
p_values = st.lists(st.one_of(st.sampled_from((0.0, 0.01, 0.02, 0.5, 1.0)), st.floats(0, 1)), min_size=1, max_size=7)


def steps_down(p_values, level):
    """What Holm's procedure rejects at a level: go by rising p until one is above level / (hypotheses left)."""
    order = sorted(range(len(p_values)), key=lambda k: p_values[k])
    rejected = set()
    for step, k in enumerate(order):
        if p_values[k] > level / (len(order) - step):
            break
        rejected.add(k)
    return rejected


def smallest_level(p_values, k):
    """The adjusted p-value by definition: the smallest level at which hypothesis k is rejected, at most 1."""
    exact = [Fraction(p) for p in p_values]
    candidates = sorted(p * left for p in exact for left in range(1, len(exact) + 1))
    return float(min(1, next(level for level in candidates if k in steps_down(exact, level))))


def quantile(values, share):
    """Linear between the order statistics."""
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    low = min(int(position), len(ordered) - 1)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (position - low) * (ordered[high] - ordered[low])


def bca(values, estimate, jackknife, level):
    """Efron (1987), with plain loops; the estimate must lie within the values."""
    below = sum(1.0 if value < estimate else 0.5 if value == estimate else 0.0 for value in values)
    z0 = NORMAL.inv_cdf(below / len(values))
    mean = sum(jackknife) / len(jackknife)
    cubes = sum((mean - value) ** 3 for value in jackknife)
    squares = sum((mean - value) ** 2 for value in jackknife)
    a = cubes / (6 * squares**1.5) if len(set(jackknife)) > 1 else 0.0
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        z = z0 + NORMAL.inv_cdf(tail)
        ends.append(quantile(values, NORMAL.cdf(z0 + z / (1 - a * z))))
    return ends


@settings(max_examples=300, **COMMON)
@given(p_values)
def test_holm_gives_the_smallest_level_at_which_each_is_rejected(p_values):
    expected = [smallest_level(p_values, k) for k in range(len(p_values))]
    np.testing.assert_allclose(holm(p_values), expected, rtol=1e-12)


@settings(max_examples=200, **COMMON)
@given(st.lists(st.tuples(shares, shares), min_size=1, max_size=40), levels)
def test_percentile_interval_is_that_of_the_loop(rows, level):
    expected = [[quantile(column, tail) for column in zip(*rows, strict=True)] for tail in tails(level)]
    values = np.array(rows)
    np.testing.assert_allclose(percentile_interval(values, level), expected, atol=1e-9)
    holes = np.full((3, 2), np.nan)
    np.testing.assert_allclose(percentile_interval(np.concatenate([holes, values]), level), expected, atol=1e-9)


def tails(level):
    return (1 - level) / 2, (1 + level) / 2


@settings(max_examples=300, **COMMON)
@given(samples, st.data(), st.lists(shares, min_size=2, max_size=12), levels)
def test_bca_interval_is_that_of_the_loop(values, data, jackknife, level):
    estimate = data.draw(st.sampled_from([*values, sum(values) / len(values)]))
    assume(min(values) <= estimate <= max(values))
    low, high = bca_interval(column(values), np.array([estimate]), column(jackknife), level)[:, 0]
    np.testing.assert_allclose([low, high], bca(values, estimate, jackknife, level), atol=1e-7)
    assert min(values) <= low <= high <= max(values)


def column(values):
    return np.array(values, float)[:, None]


@settings(max_examples=100, **COMMON)
@given(st.lists(st.tuples(shares, shares), min_size=3, max_size=20), levels, st.integers(1, 4))
def test_bca_intervals_of_several_statistics_do_not_touch_one_another_and_skip_nan(rows, level, holes):
    values, estimates = np.array(rows), np.array(rows[0])
    jackknife = np.array(rows[::-1])
    together = bca_interval(values, estimates, jackknife, level)
    assert together.shape == (2, 2)
    nan = np.full((holes, 1), np.nan)
    for m in (0, 1):
        alone = bca_interval(values[:, [m]], estimates[[m]], jackknife[:, [m]], level)
        torn = bca_interval(
            np.concatenate([nan, values[:, [m]]]),
            estimates[[m]],
            np.concatenate([jackknife[:, [m]], nan]),
            level,
        )
        np.testing.assert_array_equal(together[:, [m]], alone)
        np.testing.assert_array_equal(torn, alone)


@settings(max_examples=100, **COMMON)
@given(st.lists(shares, min_size=1, max_size=15), st.lists(shares, min_size=1, max_size=6), levels)
def test_bca_is_the_percentile_interval_where_all_is_symmetric(half, deviations, level):
    values = column([0.0] + half + [-value for value in half])
    jackknife = column([0.5 + value for value in deviations] + [0.5 - value for value in deviations])
    bounds = bca_interval(values, np.zeros(1), jackknife, level)
    np.testing.assert_allclose(bounds, percentile_interval(values, level), atol=1e-9)


@settings(max_examples=50, **COMMON)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=5, max_size=40), levels, st.data())
def test_bca_sees_ties_of_differences_whatever_their_rounding(found, level, data):
    first, second = data.draw(st.sampled_from(found))
    counts = column([a - b for a, b in found]) / 20
    shares = column([a / 20 - b / 20 for a, b in found])
    jackknife = column([0.1, 0.2, 0.2, 0.4])
    bounds = bca_interval(shares, np.array([first / 20 - second / 20]), jackknife, level)
    exact = bca_interval(counts, np.array([(first - second) / 20]), jackknife, level)
    np.testing.assert_allclose(bounds, exact, atol=1e-9)


def test_equal_jackknife_values_have_no_acceleration_whatever_their_rounding():
    values = column(range(101))
    for value in (0.1, 0.15, 0.6, 0.7, 0.9, 1 / 3):
        for count in (3, 10, 200):
            jackknife = np.full((count, 1), value)
            jackknife[1::2] = (value + 0.3) - 0.3
            bounds = bca_interval(values, np.array([50.0]), jackknife)
            np.testing.assert_allclose(bounds[:, 0], [2.5, 97.5], rtol=1e-9)


@settings(max_examples=50, **COMMON)
@given(samples, st.lists(shares, min_size=2, max_size=12), levels, st.sampled_from((-0.5, 1.5)))
def test_bca_is_the_percentile_interval_where_all_samples_are_on_one_side(values, jackknife, level, estimate):
    bounds = bca_interval(column(values), np.array([estimate]), column(jackknife), level)
    np.testing.assert_allclose(bounds, percentile_interval(column(values), level), rtol=1e-12)


def test_bca_agrees_with_scipy():
    rng = np.random.default_rng(0)
    for level in (0.8, 0.95):
        data = rng.exponential(size=30)
        theirs = stats.bootstrap((data,), np.mean, n_resamples=999, method="BCa", confidence_level=level, rng=rng)
        jackknife = np.array([np.delete(data, i).mean() for i in range(len(data))])
        low, high = bca_interval(
            column(theirs.bootstrap_distribution), np.array([data.mean()]), column(jackknife), level
        )[:, 0]
        np.testing.assert_allclose([low, high], theirs.confidence_interval, rtol=1e-9)


@settings(max_examples=200, **COMMON)
@given(st.lists(st.sampled_from((-0.2, -0.1, 0.0, 0.1, 0.3, float("nan"))), max_size=30))
def test_two_sided_p_is_that_of_the_loop(differences):
    below = above = total = 0
    for difference in differences:
        below += difference <= 0
        above += difference >= 0
        total += difference == difference
    expected = min(1.0, 2 * (min(below, above) + 1) / (total + 1))
    assert two_sided_p(np.array(differences)) == expected
    assert two_sided_p(-np.array(differences)) == expected


@settings(max_examples=200, **COMMON)
@given(groups, st.integers(1, 12))
def test_jackknife_leaves_out_each_group_once_and_whole(groups, blocks):
    weights = jackknife_weights(groups, blocks)
    number = len(set(groups))
    assert weights.shape == (min(number, blocks), len(groups))
    assert set(weights.ravel().tolist()) <= {0, 1}
    left_out = [{g for g, weight in zip(groups, row, strict=True) if not weight} for row in weights.tolist()]
    for row, gone in zip(weights.tolist(), left_out, strict=True):
        assert [weight == 0 for weight in row] == [group in gone for group in groups]
    assert sorted(group for gone in left_out for group in gone) == sorted(set(groups))
    sizes = [len(gone) for gone in left_out]
    assert max(sizes) - min(sizes) <= 1


@settings(max_examples=200, **COMMON)
@given(groups, st.integers(1, 5), st.integers(0, 99))
def test_resamples_draw_whole_groups_as_many_as_there_are(groups, count, seed):
    names = [f"patient {group}" for group in groups]
    weights = resample_weights(names, count, seed)
    assert weights.shape == (count, len(groups))
    np.testing.assert_array_equal(resample_weights(names, count, seed), weights)
    for row in weights.tolist():
        drawn = {}
        for name, weight in zip(names, row, strict=True):
            assert drawn.setdefault(name, weight) == weight >= 0
        assert sum(drawn.values()) == len(drawn)


def test_every_group_is_drawn_as_often_as_chance_says():
    number, count = 7, 4000
    weights = resample_weights(range(number), count, seed=3)
    mean_error = (number - 1) / number / count
    assert (abs(weights.mean(0) - 1) < 5 * mean_error**0.5).all()
    missed = (1 - 1 / number) ** number
    assert (abs((weights == 0).mean(0) - missed) < 5 * (missed * (1 - missed) / count) ** 0.5).all()
