"""CLAHE is OpenCV's, with the numbers of its config."""

import cv2
import numpy as np
import pytest

from enhance.classical.clahe import CLAHE

RNG = np.random.default_rng(7)


def faint(shape=(96, 120)):
    return RNG.normal(120, 6, shape).clip(0, 255).astype(np.uint8)


def test_equals_the_library():
    image = faint()
    expected = cv2.createCLAHE(3.0, (4, 6)).apply(image)
    assert np.array_equal(CLAHE(3.0, (4, 6)).enhance_gray(image), expected)
    assert not np.array_equal(CLAHE(3.0, (6, 4)).enhance_gray(image), expected)
    assert not np.array_equal(CLAHE(2.0, (4, 6)).enhance_gray(image), expected)


def test_contrast_rises_with_the_limit():
    image = faint()
    low, high = (CLAHE(limit, (8, 8)).enhance_gray(image).std() for limit in (1.5, 6.0))
    assert image.std() < low < high


def test_numbers_out_of_range_are_refused():
    for limit, grid in ((0, (8, 8)), (2.0, (0, 8))):
        with pytest.raises(ValueError, match="above 0"):
            CLAHE(limit, grid)
