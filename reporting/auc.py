"""Area under the ROC curve of many weighted resamples at once."""

import numpy as np
from numpy.typing import NDArray

from reporting.ratio import ratio


def weighted_auc(scores: NDArray, labels: NDArray, weights: NDArray) -> NDArray[np.float64]:
    """The chance that a positive is above a negative, of each resample; ties count half.

    Args:
        scores: (N,).
        labels: (N,) of 0 and 1; NaN where the image does not count.
        weights: (R, N) how often each image is in each resample.

    Returns:
        (R,); NaN where a resample has no positive or no negative.
    """
    counted = np.flatnonzero(np.isfinite(labels))
    order = counted[np.argsort(scores[counted], kind="stable")]
    if len(order) == 0:
        return np.full(len(weights), np.nan)
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    sorted_weights, positive = np.asarray(weights, float)[:, order], labels[order] == 1
    positives, negatives = (np.add.reduceat(sorted_weights * side, starts, axis=1) for side in (positive, ~positive))
    below = negatives.cumsum(1) - negatives / 2
    return ratio((positives * below).sum(1), positives.sum(1) * negatives.sum(1))
