"""A statistic with its resamples: the one form from which every report makes its intervals and differences."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reporting.intervals import bca_interval, percentile_interval

FloatArray = NDArray[np.float64]
Method = Literal["percentile", "bca", "normal"]


@dataclass(frozen=True)
class Estimate:
    """A statistic (or several of one kind, in the last axes), resampled.

    Attributes:
        value: (...) of the set itself.
        samples: (R, ...) of the bootstrap resamples.
        jackknife: (J, ...) with one block of groups left out; only the method "bca" needs it.
    """

    value: FloatArray
    samples: FloatArray
    jackknife: FloatArray = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of_rows(cls, rows: FloatArray) -> "Estimate":
        """Of values (1 + R, ...), the set itself in row 0 and its resamples below, as they are counted together."""
        return cls(rows[0], rows[1:])

    def __sub__(self, other: "Estimate") -> "Estimate":
        """The difference of two systems, resample by resample: both need the same weights."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Estimate(*(mine - theirs for mine, theirs in pairs))

    def __getitem__(self, index: int) -> "Estimate":
        """One of several statistics."""
        jackknife = self.jackknife[:, index] if self.jackknife.ndim > 1 else self.jackknife
        return Estimate(self.value[index], self.samples[:, index], jackknife)

    def interval(self, method: Method = "percentile") -> FloatArray:
        """Return the 95 % interval as (2, ...); NaN where no resample has a value.

        "normal" is 1.96 standard deviations of the samples to each side of the value: for a statistic that is biased on
        a resample, which has fewer different images than the set.
        """
        samples = self.samples.reshape(len(self.samples), -1)
        value = np.reshape(self.value, -1)
        bounds = np.full((2, samples.shape[1]), np.nan)
        defined = np.isfinite(samples).any(0)
        if method == "percentile":
            bounds[:, defined] = percentile_interval(samples[:, defined])
        elif method == "normal":
            reach = 1.96 * np.nanstd(samples[:, defined], axis=0, ddof=1)
            bounds[:, defined] = value[defined] - reach, value[defined] + reach
        else:
            jackknife = self.jackknife.reshape(len(self.jackknife), -1)
            bounds[:, defined] = bca_interval(samples[:, defined], value[defined], jackknife[:, defined])
        return bounds.reshape(2, *np.shape(self.value))

    def entry(self, method: Method = "percentile") -> dict[str, Any]:
        """Return one statistic for JSON: `{"value": number or None, "ci95": [low, high]}`, None where not defined."""
        if not np.isfinite(self.value):
            return {"value": None, "ci95": [None, None]}
        return {"value": float(self.value), "ci95": json_numbers(self.interval(method))}


def json_number(value: Any) -> float | None:
    """Return a number for JSON, which has no NaN: None."""
    return float(value) if np.isfinite(value) else None


def json_numbers(values: Iterable[Any]) -> list[float | None]:
    """The same for each of several."""
    return [json_number(value) for value in values]
