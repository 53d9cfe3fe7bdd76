"""Overlays against a pixel loop and by hand."""

import numpy as np
import pytest
from matplotlib import colormaps

from enhance.pictures.overlay import color_key, overlay

IMAGE = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)
MAP = np.random.default_rng(1).normal(size=(5, 7))


@pytest.mark.parametrize("threshold, opacity", [(0.2, 0.5), (0.0, 0.45), (0.7, 1.0)])
def test_equals_the_loop_over_pixels(threshold, opacity):
    drawn = overlay(IMAGE, MAP, threshold, opacity)
    assert drawn.dtype == np.uint8 and drawn.shape == (5, 7, 3)
    for place in np.ndindex(5, 7):
        share = max(0.0, MAP[place]) / MAP.max()
        expected = np.full(3, float(IMAGE[place]))
        if share >= threshold:
            expected = (1 - opacity) * expected + opacity * 255 * np.array(colormaps["jet"](share)[:3])
        np.testing.assert_allclose(drawn[place], expected, atol=0.5001)


def test_by_hand():
    image, attention = np.full((1, 4), 100, np.uint8), np.array([[-3.0, 0.19, 0.2, 1.0]])
    drawn = overlay(image, attention, 0.2, 0.5)
    assert drawn[0, :2].tolist() == [[100] * 3] * 2  # below 20 %: the image
    assert drawn[0, 2, 2] > drawn[0, 2, 0]  # the lowest that is drawn is blue
    assert drawn[0, 3].tolist() == [round(50 + 127.5 * 128 / 256 / 1.0025), 50, 50]  # jet ends in dark red, .5 0 0


def test_the_scale_of_the_map_is_all_one():
    assert np.array_equal(overlay(IMAGE, MAP), overlay(IMAGE, 1e-6 * MAP))


def test_a_map_of_nothing_leaves_the_image():
    for nothing in (np.zeros((5, 7)), -np.abs(MAP)):
        assert np.array_equal(overlay(IMAGE, nothing), np.repeat(IMAGE[..., None], 3, 2))


@pytest.mark.parametrize(
    "attention, options, words",
    [(MAP.T, {}, "7, 5"), (MAP, dict(threshold=1.2), "1.2"), (MAP, dict(opacity=-0.1), "-0.1")],
)
def test_wrong_input_is_named(attention, options, words):
    with pytest.raises(ValueError, match=words):
        overlay(IMAGE, attention, **options)


def test_key_is_white_below_the_threshold_and_jet_above():
    key = color_key(0.25, 8)
    assert key.shape == (1, 8, 3)
    assert (key[0, :2] == 255).all()
    expected = [[round(255 * c) for c in colormaps["jet"]((i + 0.5) / 8)[:3]] for i in range(2, 8)]
    assert key[0, 2:].tolist() == expected
