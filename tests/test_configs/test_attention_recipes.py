"""Every attention method as the recipe of an enhanced image."""

import numpy as np
import pytest

from enhance.fusion import Enhancer
from tests.test_enhance.toy import METHODS, TOYS, toy


def enhanced(method, normalization, seed, alpha):
    """An image, 40 x 30, and the same one enhanced."""
    attention = dict(type=method.__name__)
    enhancer = Enhancer(attention, classifier=toy(TOYS[1], seed), normalization=normalization, alpha=alpha)
    image = np.random.default_rng(seed).integers(100, 256, (40, 30), dtype=np.uint8)
    return image[:, :, None].repeat(3, 2), enhancer([image])[0]


@pytest.mark.parametrize("normalization", ["max", "minmax"])
@pytest.mark.parametrize("method", METHODS)
def test_as_a_recipe_it_enhances_an_image(method, normalization):
    """The part that is looked at most stays, the other one is darkened."""
    image, out = enhanced(method, normalization, seed=0, alpha=0.5)
    assert out.shape == (40, 30, 3)
    assert out.dtype == np.uint8
    assert (out <= image).all()
    assert (out / image).max() > 0.98
    assert (out / image).min() < 0.9


@pytest.mark.parametrize("normalization", ["max", "minmax"])
@pytest.mark.parametrize("method", METHODS)
def test_as_a_recipe_it_darkens_to_no_less_than_alpha(method, normalization):
    """Eq. (7) of paper 002: [alpha I, I]."""
    for seed in range(5):
        image, out = enhanced(method, normalization, seed, alpha=0.4)
        assert (out >= 0.4 * image - 0.5).all()
