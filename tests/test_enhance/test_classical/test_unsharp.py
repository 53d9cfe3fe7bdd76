"""Unsharp masking against its formula."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from enhance.classical.unsharp import UnsharpMask

IMAGE = np.random.default_rng(2).integers(0, 256, (30, 40), dtype=np.uint8)


def test_equals_the_formula():
    blurred = gaussian_filter(IMAGE.astype(float), 1.5, mode="reflect")
    expected = (IMAGE + 0.8 * (IMAGE - blurred)).clip(0, 255)
    assert np.abs(UnsharpMask(1.5, 0.8).enhance_gray(IMAGE) - expected).max() <= 0.5 + 1e-6


def test_no_amount_keeps_the_image():
    assert np.array_equal(UnsharpMask(1.5, 0).enhance_gray(IMAGE), IMAGE)


def test_numbers_out_of_range_are_refused():
    for sigma, amount in ((0, 1), (1, -1)):
        with pytest.raises(ValueError, match="sigma"):
            UnsharpMask(sigma, amount)
