"""Estimates: differences, intervals of every method, and what is not defined."""

import numpy as np
import pytest

from reporting.estimate import Estimate, json_number, json_numbers
from reporting.intervals import bca_interval, percentile_interval

NAN = float("nan")


def test_a_difference_is_taken_resample_by_resample() -> None:
    mine = Estimate(np.array([0.75, 0.5]), np.array([[0.5, 1], [0.25, 0]]), np.array([[1.0, 1]]))
    theirs = Estimate(np.array([0.25, 1]), np.array([[0.5, 0.5], [0, 1]]), np.array([[0.5, 0]]))
    difference = mine - theirs
    assert difference.value.tolist() == [0.5, -0.5]
    assert difference.samples.tolist() == [[0, 0.5], [0.25, -1]]
    assert difference.jackknife.tolist() == [[0.5, 1]]


def test_a_difference_needs_the_same_resamples() -> None:
    three, two = (Estimate(np.float64(0), np.zeros(n), np.zeros(2)) for n in (3, 2))
    with pytest.raises(ValueError, match="could not be broadcast"):
        _ = three - two


def test_one_of_several() -> None:
    several = Estimate(np.array([1.0, 2]), np.array([[3.0, 4], [5, 6]]), np.array([[7.0, 8]]))
    one = several[1]
    assert (one.value, one.samples.tolist(), one.jackknife.tolist()) == (2, [4, 6], [8])


def test_intervals_of_one_and_of_several_statistics() -> None:
    rng = np.random.default_rng(0)
    samples, jackknife = rng.normal(size=(200, 2, 3)), rng.normal(size=(10, 2, 3)) ** 2
    value = np.full((2, 3), 0.2)
    several = Estimate(value, samples, jackknife)
    percentile, bca = several.interval("percentile"), several.interval("bca")
    assert percentile.shape == bca.shape == (2, 2, 3)
    np.testing.assert_allclose(percentile, percentile_interval(samples), rtol=1e-12)
    for i, j in np.ndindex(2, 3):
        expected = bca_interval(samples[:, i, j, None], [0.2], jackknife[:, i, j, None])[:, 0]
        np.testing.assert_allclose(bca[:, i, j], expected, rtol=1e-12)
        single = Estimate(value[i, j], samples[:, i, j], jackknife[:, i, j])
        np.testing.assert_allclose(single.interval("bca"), expected, rtol=1e-12)
    assert (np.abs(percentile - bca) > 1e-3).any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_intervals_of_what_is_not_defined_are_nan(method: str) -> None:
    samples = np.array([[NAN, NAN, 0.5], [NAN, 0.5, 0.5], [NAN, 0.5, 0.5]])
    several = Estimate(np.array([NAN, 0.5, 0.5]), samples, samples)
    low, high = several.interval(method)
    np.testing.assert_array_equal(low, [NAN, 0.5, 0.5])
    np.testing.assert_array_equal(high, [NAN, 0.5, 0.5])


def test_json_has_no_nan() -> None:
    assert json_number(np.float64(0.5)) == 0.5 and type(json_number(np.float64(0.5))) is float
    assert json_number(NAN) is None and json_number(np.inf) is None
    assert json_numbers(np.array([0.25, NAN])) == [0.25, None]


def test_the_normal_interval_lies_around_the_value_of_the_set() -> None:
    samples = np.array([[1.0, 4], [2, 4], [3, 7]])
    low, high = Estimate(np.array([5.0, 5]), samples).interval("normal")
    reach = [1.96 * 1, 1.96 * 3**0.5]
    np.testing.assert_allclose([low, high], [np.subtract(5, reach), np.add(5, reach)], rtol=1e-12)


def test_rows_counted_together() -> None:
    rows = np.array([[0.5, 1], [0.25, 0], [0.75, 1]])
    got = Estimate.of_rows(rows)
    assert got.value.tolist() == [0.5, 1] and got.samples.tolist() == rows[1:].tolist()
    difference = (got - Estimate.of_rows(rows / 2))[0]
    assert difference.value == 0.25 and difference.samples.tolist() == [0.125, 0.375]


def test_an_entry_is_a_value_with_its_interval_and_none_where_there_is_none() -> None:
    entry = Estimate(np.float64(0.5), np.linspace(0, 1, 1001)).entry()
    assert entry["value"] == 0.5 and entry["ci95"] == pytest.approx([0.025, 0.975])
    assert Estimate(np.float64(NAN), np.zeros(3)).entry() == {"value": None, "ci95": [None, None]}
    assert Estimate(np.float64(0.5), np.full(3, NAN)).entry() == {"value": 0.5, "ci95": [None, None]}
