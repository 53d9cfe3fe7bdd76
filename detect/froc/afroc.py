"""The figure of merit of alternative FROC (AFROC): how surely lesions outrank the worst false positive of an image."""

import numpy as np
from numpy.typing import NDArray

from detect.froc.curve import RankedSet
from detect.froc.matching import FloatArray, IntArray
from reporting.ratio import ratio


def figure_of_merit(
    ranked: RankedSet, weights: NDArray[np.integer] | None = None, all_images: bool = False
) -> FloatArray:
    """Return the area under the AFROC curve, `(1 / NL) sum_ij psi(X_i, Y_j)` over images i and lesions j.

    X_i is the highest false-positive score on image i, Y_j the score that found lesion j, minus infinity where there is
    none; psi is 1 where Y_j > X_i, 1/2 where they are equal, else 0 (Chakraborty & Berbaum 2004, the JAFROC figure of
    merit). Every lesion weighs the same.

    Args:
        weights: (R, I) how often each image counts; default once.
        all_images: let i go over all images (JAFROC1), not only over those without lesions (JAFROC).

    Returns:
        (R,) in [0, 1]; 0.5 for a silent detector; NaN without such images or without lesions.
    """
    if weights is None:
        weights = np.ones((1, ranked.num_images), np.int32)
    highest, lesion_point = _first_points(ranked)
    images: IntArray = np.arange(ranked.num_images)
    if not all_images:
        images = np.setdiff1d(images, ranked.lesion_image)
    images = images[np.argsort(highest[images], kind="stable")]
    upto = np.zeros((len(weights), len(images) + 1), np.int64)
    np.cumsum(weights[:, images], axis=1, out=upto[:, 1:])
    lower = upto[:, np.searchsorted(highest[images], lesion_point, side="left")]
    upper = upto[:, np.searchsorted(highest[images], lesion_point, side="right")]
    total = upto[:, -1:]
    # A lesion outranks the images whose first false positive enters later (a larger point).
    lesion_weights = weights[:, ranked.lesion_image]
    won = (lesion_weights * (total - upper + 0.5 * (upper - lower))).sum(1)
    pairs = total[:, 0] * lesion_weights.sum(1, dtype=np.int64)
    return ratio(won, pairs)


def _first_points(ranked: RankedSet) -> tuple[IntArray, IntArray]:
    """Operating point of each image's first false positive (I,) and of each lesion (L,); P where there is none."""
    never = len(ranked.threshold)
    highest = np.full(ranked.num_images, never)
    highest[ranked.false_image[::-1]] = ranked.false_point[::-1]
    lesion_point = np.full(len(ranked.lesion_image), never)
    lesion_point[ranked.hit_lesion] = ranked.hit_point
    return highest, lesion_point
