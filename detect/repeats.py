"""Repeats of a training with other seeds: their mean, its bootstrap over patients and repeats, and how far they spread.

A statistic varies because other patients could have been tested and because training anew ends elsewhere. A resample
adds both deviations: that of the mean of all repeats on drawn patients (the weights of
`data.resampling.resample_weights`, the same for all rows), and that of the mean of drawn repeats on the whole set
(`repeat_shares`, anew for each row of a table).

Chance of a patient and a training together (this lesion, this seed) is in both, so it counts twice; drawing patients
and repeats at once would count it three times (Owen 2007, the pigeonhole bootstrap). Intervals are too wide by it,
never too narrow.
"""

import numpy as np
from numpy.typing import ArrayLike

from detect.estimates import Estimate
from detect.matching import FloatArray


def repeat_shares(repeats: int, count: int, rng: np.random.Generator) -> FloatArray:
    """Draw repeats with replacement, one fewer than there are, and return the share of each in each resample.

    One fewer makes the bootstrap variance of the mean of S repeats the unbiased one, s^2 / S with s^2 divided by S - 1
    (Rao & Wu 1988); S draws would give (S - 1) / S of it, a third too little for three repeats. A single repeat is
    drawn always: its resamples hold nothing about training anew.

    Args:
        repeats: S, at least 1.
        count: number of resamples R.

    Returns:
        (R, S) shares; each row sums to 1.
    """
    if repeats == 1:
        return np.ones((count, 1))
    drawn = rng.integers(repeats, size=(count, repeats - 1))
    return (drawn[:, :, None] == np.arange(repeats)).mean(1)


def mean_of_repeats(values: ArrayLike, samples: FloatArray, rng: np.random.Generator) -> Estimate:
    """Return the mean over S repeats, resampled over patients and repeats.

    Args:
        values: (S, ...) statistics of each repeat on the set.
        samples: (S, R, ...) of each repeat on each resample of the patients.
        rng: of the draws of repeats.

    Returns:
        The mean (...), with R samples and no jackknife: its intervals are percentiles. Samples stay within the range of
        what some repeat has on some resample. Where a sample is NaN for one repeat it has to be so for all.
    """
    values = np.asarray(values, float)
    mean, shares = values.mean(0), repeat_shares(len(values), samples.shape[1], rng)
    other_repeats = np.tensordot(shares, values - mean, axes=1)
    lowest, highest = (np.nan_to_num(limit(samples, axis=(0, 1))) for limit in (np.nanmin, np.nanmax))
    return Estimate(mean, np.clip(samples.mean(0) + other_repeats, lowest, highest), np.zeros((0, *mean.shape)))


def spread(values: ArrayLike) -> FloatArray:
    """Return the standard deviation between repeats (S, ...), divided by S - 1; NaN for one repeat."""
    values = np.asarray(values, float)
    return np.full(values.shape[1:], np.nan) if len(values) == 1 else values.std(0, ddof=1)
