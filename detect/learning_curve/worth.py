"""How many images of a baseline give the sensitivity that another variant has: its learning curve, inverted."""

import numpy as np
from numpy.typing import ArrayLike

from detect.froc.matching import FloatArray, IntArray
from reporting.intervals import NEAR


def monotone(values: FloatArray) -> FloatArray:
    """Return the nearest curve (..., K) that never falls, by least squares, of values (..., K) at K sizes.

    Isotonic regression in its max-min form (Robertson, Wright & Dykstra 1988, section 1.4): at k the greatest over
    a <= k of the least over b >= k of the mean of the values a to b. All sizes weigh the same. NaN where a value is.
    """
    size = values.shape[-1]
    lows = [
        [np.min([values[..., a : b + 1].mean(-1) for b in range(k, size)], axis=0) for a in range(k + 1)]
        for k in range(size)
    ]
    return np.stack([np.max(low, axis=0) for low in lows], axis=-1)


def worth(values: FloatArray, sizes: ArrayLike, sensitivity: FloatArray) -> FloatArray:
    """Return the least number of images (...) with which the baseline's curve reaches a sensitivity (...).

    The curve is `monotone`, and linear in the logarithm of the number of images between the sizes. Nothing is
    extrapolated: what is reached with the fewest images, or not even with the most, gets the end of `sizes`.

    Args:
        values: (..., K) sensitivities of the baseline.
        sizes: (K,) numbers of images, rising.

    Returns:
        Within `sizes`; NaN where a sensitivity is.
    """
    curve, sizes = monotone(values), np.asarray(sizes, float)
    right = np.clip((curve < sensitivity[..., None] - NEAR).sum(-1), 1, len(sizes) - 1)
    low, high = (np.take_along_axis(curve, place[..., None], -1)[..., 0] for place in (right - 1, right))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(high > low, (sensitivity - low) / (high - low), sensitivity - low > NEAR)
    share = np.where(np.isnan(high + sensitivity), np.nan, np.clip(share, 0, 1))
    return sizes[right - 1] * (sizes[right] / sizes[right - 1]) ** share


def outside(values: FloatArray, sensitivity: FloatArray) -> IntArray:
    """Say where a sensitivity (...) is beyond the baseline's curve of `values` (..., K), so that its worth is a bound.

    Returns:
        -1 where it is below the curve, 1 where it is above, else 0.
    """
    curve = monotone(values)
    above, below = sensitivity > curve[..., -1] + NEAR, sensitivity < curve[..., 0] - NEAR
    return above.astype(int) - below.astype(int)
