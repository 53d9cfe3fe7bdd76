"""Intervals: numbers worked by hand, and what they mean."""

import numpy as np
import pytest

from reporting.intervals import (
    bca_interval,
    percentile_interval,
)


def test_bca_by_hand() -> None:
    """999 samples 1 ... 999 and an estimate of 300: 299 are below, one is equal, so z0 is that of 299.5 / 999.

    z0 = -0.5250. Jackknife values 0, 0, 3 have the mean 1: d = 1, 1, -2, the sum of cubes is -6, of squares 6, so
    a = -6 / (6 * 6^1.5) = -0.06804.
    Lower: z0 - 1.9600 = -2.4849; / (1 - a z) = / 0.8309 = -2.9906; + z0 = -3.5156, a share of 0.000219.
    Upper: z0 + 1.9600 = 1.4350; / 1.0976 = 1.3073; + z0 = 0.7824, a share of 0.78300.
    The sample at a share q is 1 + 998 q: 1.219 and 782.4.
    """
    got = bca_interval(np.arange(1.0, 1000)[:, None], [300.0], np.array([[0.0], [0], [3]]))
    np.testing.assert_allclose(got, [[1.219], [782.43]], rtol=1e-4)


def test_bca_of_a_symmetric_case_is_the_percentile_interval() -> None:
    samples = np.random.default_rng(0).permutation(np.arange(-500.0, 501))[:, None]
    got = bca_interval(samples, [0.0], np.array([[-1.0], [0], [1]]))
    np.testing.assert_allclose(got, percentile_interval(samples), rtol=1e-9)
    np.testing.assert_allclose(got, [[-475], [475]], rtol=1e-9)


def test_bca_counts_ties_with_the_estimate_half() -> None:
    # 40 of 100 below, 20 equal: the share is 0.5, there is no bias.
    samples = np.repeat([0.0, 0.5, 1], [40, 20, 40])[:, None]
    got = bca_interval(samples, [0.5], np.array([[0.5], [0.5]]), level=0.1)
    assert got.tolist() == percentile_interval(samples, level=0.1).tolist() == [[0.5], [0.5]]


@pytest.mark.parametrize("estimate", [-1.0, 5.0])
def test_bca_without_samples_on_both_sides_is_the_percentile_interval(estimate: float) -> None:
    samples = np.linspace(0, 1, 101)[:, None]
    got = bca_interval(samples, [estimate], np.array([[0.0], [0], [3]]))
    assert got.tolist() == percentile_interval(samples).tolist()


def test_bca_leaves_out_nan_and_works_by_column() -> None:
    nan, clean = np.nan, np.linspace(0, 1, 41)
    holes = np.append(clean, [nan, nan])
    samples = np.stack([holes, 2 * holes, np.full(43, nan)], 1)
    jackknife = np.array([[0, 0, 0], [0, 0, 0], [3, 6, 3], [nan, nan, nan]])
    got = bca_interval(samples, [0.4, 0.8, 0.4], jackknife)
    alone = bca_interval(clean[:, None], [0.4], np.array([[0.0], [0], [3]]))[:, 0]
    assert got[:, 0].tolist() == alone.tolist()
    np.testing.assert_allclose(got[:, 1], 2 * alone, rtol=1e-12)
    assert np.isnan(got[:, 2]).all()


def test_percentile_interval_by_hand() -> None:
    # 0, 1, ..., 1000: the 2.5 % and the 97.5 % points.
    np.testing.assert_allclose(percentile_interval(np.arange(1001.0)[:, None]), [[25], [975]])
    np.testing.assert_allclose(percentile_interval(np.arange(1001.0), level=0.5), [250, 750])
    assert percentile_interval(np.array([1.0, np.nan, 1.0])).tolist() == [1, 1]
