"""The power law, level by level."""

import numpy as np
import pytest

from enhance.classical.gamma import Gamma

LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)


@pytest.mark.parametrize("gamma", [0.5, 0.7, 2.0])
def test_equals_the_formula(gamma):
    out = Gamma(gamma).enhance_gray(LEVELS).ravel().tolist()
    assert out == [round(255 * (level / 255) ** gamma) for level in range(256)]
    assert (out[100] > 100) == (gamma < 1)


def test_one_keeps_the_image():
    assert np.array_equal(Gamma(1.0).enhance_gray(LEVELS), LEVELS)


def test_zero_is_refused():
    with pytest.raises(ValueError, match="gamma"):
        Gamma(0)
