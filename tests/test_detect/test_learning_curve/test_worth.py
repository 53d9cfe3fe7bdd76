"""The inverted learning curve: by hand, against slow twins, where nothing can be said."""

import numpy as np
import pytest
from scipy.optimize import isotonic_regression

from detect.learning_curve.worth import monotone, outside, worth

SIZES = [50, 100, 200, 800]


def slow_twin(curve: list[float], sizes: list[int], wanted: float) -> float:
    """Try numbers of images until the curve is high enough."""
    images = np.geomspace(sizes[0], sizes[-1], 20001)
    enough = np.interp(np.log(images), np.log(sizes), curve) >= wanted - 1e-9
    return images[enough][0] if enough.any() else sizes[-1]


def test_what_falls_is_averaged() -> None:
    assert monotone(np.array([0.1, 0.4, 0.2, 0.5])) == pytest.approx([0.1, 0.3, 0.3, 0.5])
    assert monotone(np.array([0.4, 0.3, 0.2])) == pytest.approx([0.3, 0.3, 0.3])
    rising = np.array([0.1, 0.2, 0.7])
    assert (monotone(rising) == rising).all()


def test_the_monotone_curve_is_scipys() -> None:
    values = np.random.default_rng(0).random((300, 6))
    wanted = [isotonic_regression(row).x for row in values]
    np.testing.assert_allclose(monotone(values), wanted, atol=1e-12)
    np.testing.assert_array_equal(monotone(values.reshape(3, 100, 6)), monotone(values).reshape(3, 100, 6))


@pytest.mark.parametrize(
    ("wanted", "images", "side"),
    [
        (0.3, 50 * 2**0.5, 0),  # half way from 50 to 100 in the logarithm
        (0.4, 100, 0),
        (0.6, 200 * 4**0.5, 0),
        (0.2, 50, 0),
        (0.7, 800, 0),
        (0.1, 50, -1),
        (0.8, 800, 1),
        (0.2 - 1e-12, 50, 0),  # rounding is no bound
        (0.7 + 1e-12, 800, 0),
    ],
)
def test_by_hand(wanted: float, images: float, side: int) -> None:
    curve = np.array([0.2, 0.4, 0.5, 0.7])
    assert worth(curve, SIZES, np.array(wanted)) == pytest.approx(images)
    assert outside(curve, np.array(wanted)) == side


def test_of_a_flat_part_the_fewest_images_count() -> None:
    curve = np.array([0.2, 0.5, 0.3, 0.7])  # monotone: 0.2, 0.4, 0.4, 0.7
    assert worth(curve, SIZES, np.array(0.4)) == pytest.approx(100)
    assert worth(curve, SIZES, np.array(0.4 + 1e-6)) == pytest.approx(200, rel=1e-4)


def test_of_a_curve_that_is_flat_everywhere() -> None:
    curve, wanted = np.full((3, 4), 0.5), np.array([0.4, 0.5, 0.6])
    assert worth(curve, SIZES, wanted) == pytest.approx([50, 50, 800])
    assert outside(curve, wanted).tolist() == [-1, 0, 1]


def test_against_the_slow_twin() -> None:
    rng = np.random.default_rng(1)
    values, wanted = rng.random((150, 4)), rng.random(150)
    found = worth(values, SIZES, wanted)
    twin = [slow_twin(isotonic_regression(row).x, SIZES, w) for row, w in zip(values, wanted, strict=True)]
    np.testing.assert_allclose(found, twin, rtol=3e-4)
    clipped = outside(values, wanted) != 0
    assert clipped.any() and set(found[clipped]) == {50, 800}


def test_a_rising_baseline_is_worth_itself() -> None:
    values = np.sort(np.random.default_rng(2).random((100, 4)), axis=1)
    for place, size in enumerate(SIZES):
        np.testing.assert_allclose(worth(values, SIZES, values[:, place]), size)
        assert not outside(values, values[:, place]).any()


def test_more_sensitivity_is_worth_no_less() -> None:
    values = np.random.default_rng(3).random(4)
    found = worth(np.tile(values, (500, 1)), SIZES, np.linspace(0, 1, 500))
    assert (np.diff(found) >= 0).all()


def test_what_is_not_defined_stays_so() -> None:
    values = np.array([[0.1, 0.2, np.nan, 0.4], [0.1, 0.2, 0.3, 0.4]])
    assert np.isnan(worth(values, SIZES, np.array([0.2, np.nan]))).all()
