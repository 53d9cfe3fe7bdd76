"""The bootstrap over patients: how often each image is in each resample, and percentile intervals of what comes out."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray


def resample_weights(groups: Sequence[Hashable], count: int, seed: int) -> NDArray[np.int32]:
    """Draw the groups with replacement and return how often each image is in each resample.

    Args:
        groups: (I,) the patient of each image; all images of a patient are drawn together.
        count: number of resamples R.
        seed: of the random generator.

    Returns:
        (R, I); a row sums over groups to the number of groups.
    """
    members, number = group_codes(groups)
    rng = np.random.default_rng(seed)
    weights = np.empty((count, len(members)), np.int32)
    for row in weights:
        row[:] = np.bincount(rng.integers(number, size=number), minlength=number)[members]
    return weights


def group_codes(groups: Sequence[Hashable]) -> tuple[NDArray[np.int64], int]:
    """Number the groups 0, 1, ... in the order in which they come; return the number of each image and how many."""
    codes = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    return np.array([codes[group] for group in groups]), len(codes)


def percentile_interval(samples: NDArray[np.float64], level: float = 0.95) -> NDArray[np.float64]:
    """Return the percentile interval of samples (R, ...) as (2, ...); NaN samples are left out."""
    tail = 100 * (1 - level) / 2
    return np.nanpercentile(samples, [tail, 100 - tail], axis=0)
