"""Quotients: as Python divides, NaN where it would raise."""

import numpy as np
import pytest

from reporting.ratio import mean_of_defined, ratio

NAN = float("nan")


@pytest.mark.filterwarnings("error")
def test_by_a_loop() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(-3, 4, (5, 4)), rng.integers(-1, 2, (5, 4))
    for got, x, y in zip(ratio(a, b).flat, a.flat, b.flat, strict=True):
        assert np.isnan(got) if y == 0 else got == x / y


def test_shapes_broadcast() -> None:
    assert ratio(np.ones((2, 3), int), np.array([[2], [0]])).tolist()[0] == [0.5] * 3
    assert ratio(1, np.array([2, 4])).tolist() == [0.5, 0.25]
    assert np.isnan(ratio(1, 0))


def test_mean_leaves_out_what_is_not_defined():
    values = np.array([[0.5, NAN, 1.0], [NAN, NAN, NAN], [0.25, 0.5, 0.75]])
    np.testing.assert_array_equal(mean_of_defined(values), [0.75, NAN, 0.5])
