"""The Fréchet distance against scipy's matrix root."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from colorize_gan.evaluation.frechet import frechet_distance


def slow_distance(real: np.ndarray, fake: np.ndarray) -> float:
    first, second = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    root = sqrtm(first @ second).real
    return float(((real.mean(0) - fake.mean(0)) ** 2).sum() + np.trace(first + second - 2 * root))


@pytest.mark.parametrize(("count", "channels"), [(50, 4), (200, 20)])
def test_agrees_with_the_matrix_root(count, channels):
    rng = np.random.default_rng(channels)
    mixing = rng.normal(size=(channels, channels))
    real, fake = rng.normal(size=(count, channels)) @ mixing, 0.5 + 2 * rng.normal(size=(count, channels))
    assert frechet_distance(real, fake) == pytest.approx(slow_distance(real, fake), rel=1e-9)


def test_fewer_images_than_channels():
    # Σ₁ = a aᵀ and Σ₂ = b bᵀ of two images each: the trace of the root is |a·b|.
    a, b = np.array([3.0, 0, 4]), np.array([1.0, 2, 2])
    real, fake = np.stack([a, -a]) / np.sqrt(2), 7 + np.stack([b, -b]) / np.sqrt(2)
    assert frechet_distance(real, fake) == pytest.approx(3 * 49 + 25 + 9 - 2 * 11)


def test_one_dimension_by_hand():
    # Means 1 and 4, deviations 1 and 2: (1 - 4)² + (1 - 2)².
    assert frechet_distance(np.array([[0.0], [1], [2]]), np.array([[2.0], [4], [6]])) == pytest.approx(10)


def test_equal_sets_have_distance_zero():
    rng = np.random.default_rng(0)
    real = rng.normal(size=(30, 5))
    assert frechet_distance(real, real[::-1]) == pytest.approx(0, abs=1e-9)


def test_weights_are_repetitions():
    rng = np.random.default_rng(1)
    real, fake, weights = rng.normal(size=(12, 3)), rng.normal(size=(12, 3)), rng.integers(0, 4, 12)
    repeated = frechet_distance(real.repeat(weights, 0), fake.repeat(weights, 0))
    assert frechet_distance(real, fake, weights) == pytest.approx(repeated)


def test_one_image_has_no_covariance():
    assert frechet_distance(np.array([[1.0, 2]]), np.array([[4.0, 6]])) == pytest.approx(25)
