"""Copies of an image are alike whatever was done to them; other images are not."""

import cv2
import numpy as np
import pytest

from data.leaks.similarity import BITS, perceptual_hash, similarity


def scene(seed, height=160, width=200):
    """Smooth shapes and a little noise."""
    rng = np.random.default_rng(seed)
    image = cv2.resize(rng.random((9, 11)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    image += 0.3 * cv2.resize(rng.random((40, 50)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return cv2.normalize(image, None, 5, 250, cv2.NORM_MINMAX).astype(np.uint8)


def jpeg(image, quality):
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)


CHANGES = {
    "same": lambda image: image.copy(),
    "half": lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "twice": lambda image: cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC),
    "square": lambda image: cv2.resize(image, (150, 150), interpolation=cv2.INTER_AREA),
    "jpeg": lambda image: jpeg(image, 30),
    "darker": lambda image: (0.6 * image).astype(np.uint8),
    "gamma": lambda image: (255 * (image / 255.0) ** 0.7).astype(np.uint8),
    "negative": lambda image: 255 - image,
    "CLAHE": lambda image: cv2.createCLAHE(2, (8, 8)).apply(image),
}


def dct_loops(image):
    """The lowest frequencies of an image, by the definition of the DCT-II."""
    small = cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA).astype(np.float64)
    waves = np.array([[np.cos(np.pi * (2 * x + 1) * k / 128) for x in range(64)] for k in range(BITS)])
    scale = np.array([np.sqrt(1 / 64)] + [np.sqrt(2 / 64)] * (BITS - 1))
    return (waves @ small @ waves.T) * np.outer(scale, scale)


@pytest.mark.parametrize("seed", range(5))
def test_the_hash_tells_which_frequencies_are_above_their_median(seed):
    low = dct_loops(scene(seed)).ravel()[1:]
    assert perceptual_hash(scene(seed)).tolist() == [1 if value > np.median(low) else -1 for value in low]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", range(5))
def test_copies_are_alike(change, seed):
    image = scene(seed)
    copy = CHANGES[change](image)
    product = perceptual_hash(image).astype(int) @ perceptual_hash(copy)
    assert abs(product) > 0.6 * 255 and (product < 0) == (change == "negative")
    assert similarity(image, copy) > 0.75
    assert similarity(image, copy) == pytest.approx(similarity(copy, image))


def test_other_images_are_not():
    images = [scene(seed) for seed in range(12)]
    for i, first in enumerate(images):
        for second in images[:i]:
            assert abs(perceptual_hash(first).astype(int) @ perceptual_hash(second)) < 0.6 * 255
            assert similarity(first, second) < 0.5


def test_an_image_without_details_is_like_none():
    flat = np.full((50, 60), 90, np.uint8)
    assert similarity(flat, flat) == 0 and similarity(flat, scene(0)) == 0
    assert similarity(scene(0), scene(0)) == pytest.approx(1)
