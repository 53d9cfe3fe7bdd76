"""Confidence intervals of Sens@N: patients are drawn again, and the matched detections are counted with new weights.

Matching is never repeated: within an image it does not depend on which other images are in the set.
"""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from detect.froc import FloatArray, RankedSet, sensitivity_at


def resample_weights(groups: Sequence[Hashable], count: int, seed: int) -> NDArray[np.int64]:
    """Draw the groups with replacement and return how often each image is in each resample.

    Args:
        groups: (I,) the patient of each image; all images of a patient are drawn together.
        count: number of resamples R.
        seed: of the random generator.

    Returns:
        (R, I) int; a row sums over groups to the number of groups.
    """
    codes = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    members = np.array([codes[group] for group in groups])
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(codes), size=(count, len(codes)))
    return np.stack([np.bincount(row, minlength=len(codes))[members] for row in drawn])


def bootstrap_sensitivities(ranked: RankedSet, weights: NDArray[np.int64], rates: Sequence[float]) -> FloatArray:
    """Return Sens@N of each resample, (R, F); NaN where a resample has no lesion.

    Args:
        weights: (R, I) from `resample_weights`. Systems that are compared need the same ones.
        rates: (F,) false positives an image.
    """
    # Points at twice the largest rate nearly always reach it in a resample; where they do not, all points are counted.
    points = int(np.searchsorted(ranked.curve().fp_per_image, 2 * max(rates), side="right"))
    samples = np.empty((len(weights), len(rates)))
    for index, row in enumerate(weights):
        curve = ranked.curve(row, points)
        if points < len(ranked.threshold) and not (points and curve.fp_per_image[-1] > max(rates)):
            curve = ranked.curve(row)
        samples[index] = sensitivity_at(curve, rates)[0]
    return samples


def percentile_interval(samples: FloatArray, level: float = 0.95) -> FloatArray:
    """Return the percentile interval of samples (R, ...) as (2, ...); NaN samples are left out."""
    tail = 100 * (1 - level) / 2
    return np.nanpercentile(samples, [tail, 100 - tail], axis=0)


def two_sided_p(differences: FloatArray) -> float:
    """Return the bootstrap p-value of "the difference is zero" from resampled differences (R,).

    Twice the smaller share of resamples on either side of zero (zero counts for both), with one added to count and
    total so that it is never 0 (Davison & Hinkley 1997, section 4.2); at most 1.
    """
    finite = differences[np.isfinite(differences)]
    beyond = min((finite <= 0).sum(), (finite >= 0).sum())
    return float(min(1.0, 2 * (beyond + 1) / (len(finite) + 1)))
