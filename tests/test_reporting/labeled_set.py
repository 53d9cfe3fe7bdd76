"""A made-up set with scores and labels, and its resamples; for the tests of measures."""

import numpy as np

NAN = float("nan")


def a_set(seed: int, images: int = 30, labels: int = 3, missing: float = 0.2):
    """Scores with many ties, labels with holes, and 8 resamples after the row of ones."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 8, (images, labels)) / 7
    truth = (rng.random((images, labels)) < 0.4).astype(float)
    truth[rng.random((images, labels)) < missing] = np.nan
    drawn = [np.bincount(rng.integers(images, size=images), minlength=images) for _ in range(8)]
    return scores, truth, np.array([np.ones(images, int), *drawn])


def repeated(weights, *columns):
    """The images of a resample one by one."""
    picked = [i for i, times in enumerate(weights) for _ in range(times)]
    return [[column[i] for i in picked] for column in columns]


def divide(a, b):
    return a / b if b else NAN
