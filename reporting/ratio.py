"""Quotients, and means of quotients, that may not be defined."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> NDArray[np.float64]:
    """The quotient of two arrays whose shapes broadcast; NaN where the denominator is 0."""
    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    return np.divide(numerator, denominator, out=np.full(shape, np.nan), where=np.asarray(denominator) != 0)


def mean_of_defined(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean (R,) of each row of (R, L) over what is defined; NaN where nothing is."""
    defined = np.isfinite(values)
    return ratio(np.where(defined, values, 0).sum(1), defined.sum(1))
