"""Repeats of a training with other seeds: their mean, its bootstrap over patients and repeats, and how far they spread.

A statistic varies because other patients could have been tested and because training anew ends elsewhere. A resample
adds both deviations: that of the mean of all repeats on drawn patients (the weights of
`reporting.resampling.resample_weights`, the same for all rows), and a mean of drawn deviations between repeats on the
whole set, anew for each row of a table. Three repeats know little of how far trainings spread, so the deviations of
several rows are drawn from as one pool (Davison & Hinkley 1997, section 3.2).

Chance of a patient and a training together (this lesion, this seed) is in both, so it counts twice; drawing patients
and repeats at once would count it three times (Owen 2007, the pigeonhole bootstrap). Intervals are too wide by it,
never too narrow.
"""

import numpy as np
from numpy.typing import ArrayLike

from detect.froc.matching import FloatArray
from reporting.estimate import Estimate


def deviations(values: ArrayLike) -> FloatArray:
    """Return how far each of S repeats (S, ...) is from their mean, times sqrt(S / (S - 1)); (0, ...) for one repeat.

    The factor makes their mean square the unbiased variance s^2, with the squares divided by S - 1, so that the mean of
    S draws varies by s^2 / S (Rao & Wu 1988).
    """
    values = np.asarray(values, float)
    return (values - values.mean(0)) * np.sqrt(len(values) / (len(values) - 1)) if len(values) > 1 else values[:0]


def mean_of_repeats(
    values: ArrayLike,
    samples: FloatArray,
    pool: FloatArray,
    rng: np.random.Generator,
    limits: tuple[float, float] = (0.0, 1.0),
) -> Estimate:
    """Return the mean over S repeats, resampled over patients and repeats; over patients alone for one repeat.

    Args:
        values: (S, ...) statistics of each repeat on the set.
        samples: (S, R, ...) of each repeat on each resample of the patients.
        pool: (D, ...) `deviations` of these repeats, and of those of other rows that are taken to spread as far.
        rng: of the draws from the pool.
        limits: least and greatest value that the statistics can have; samples stay within.

    Returns:
        The mean (...), with R samples and no jackknife: its intervals are percentiles.
    """
    values = np.asarray(values, float)
    mean, resampled = values.mean(0), samples.mean(0)
    if len(values) > 1:
        drawn = rng.integers(len(pool), size=(len(resampled), len(values)))
        resampled = resampled + pool[drawn].mean(1)
    return Estimate(mean, np.clip(resampled, *limits), np.zeros((0, *mean.shape)))


def spread(values: ArrayLike) -> FloatArray:
    """Return the standard deviation between repeats (S, ...), divided by S - 1; NaN for one repeat."""
    values = np.asarray(values, float)
    return np.full(values.shape[1:], np.nan) if len(values) == 1 else values.std(0, ddof=1)
