"""Confidence intervals of resampled statistics: percentile and BCa."""

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
NEAR = 1e-9
"""Shares, and differences of shares, that are equal may differ by rounding: by less than this."""
NORMAL = NormalDist()


def percentile_interval(samples: NDArray[np.float64], level: float = 0.95) -> NDArray[np.float64]:
    """Return the percentile interval of samples (R, ...) as (2, ...); NaN samples are left out."""
    tail = 100 * (1 - level) / 2
    return np.nanpercentile(samples, [tail, 100 - tail], axis=0)


def bca_interval(samples: FloatArray, estimate: ArrayLike, jackknife: FloatArray, level: float = 0.95) -> FloatArray:
    """Return the bias-corrected and accelerated interval (Efron 1987) of each of M statistics.

    The bias correction is taken from the share of samples below the estimate, ties counted half; the acceleration is
    `sum d^3 / (6 (sum d^2)^1.5)`, d = mean of the jackknife values - each.

    Args:
        samples: (R, M) resampled statistics; NaN are left out.
        estimate: (M,) of the set itself.
        jackknife: (J, M) with `jackknife_weights`; NaN are left out.

    Returns:
        (2, M); NaN where there is no finite sample.
    """
    columns = zip(samples.T, np.asarray(estimate, float), jackknife.T, strict=True)
    return np.array([_bca(*column, level) for column in columns]).reshape(-1, 2).T


def _bca(samples: FloatArray, estimate: float, jackknife: FloatArray, level: float) -> tuple[float, float]:
    samples, jackknife = samples[np.isfinite(samples)], jackknife[np.isfinite(jackknife)]
    if len(samples) == 0:
        return np.nan, np.nan
    below = ((samples < estimate - NEAR).mean() + (samples <= estimate + NEAR).mean()) / 2
    if not 0 < below < 1:  # every sample on one side: no correction can be computed
        low, high = percentile_interval(samples, level)
        return low, high
    bias = NORMAL.inv_cdf(below)
    acceleration = _acceleration(jackknife)
    quantiles = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        z = bias + NORMAL.inv_cdf(tail)
        quantiles.append(NORMAL.cdf(bias + z / (1 - acceleration * z)))
    low, high = np.quantile(samples, quantiles)
    return low, high


def _acceleration(jackknife: FloatArray) -> float:
    if len(jackknife) == 0 or np.ptp(jackknife) < NEAR:
        return 0.0
    shift = jackknife.mean() - jackknife
    return (shift**3).sum() / (6 * (shift**2).sum() ** 1.5)
