"""Statistics of a system with their resamples: what intervals and comparisons are made from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from detect.froc.curve import CountedSet, RankedSet
from detect.froc.matching import FloatArray
from reporting.intervals import bca_interval, jackknife_weights
from reporting.resampling import percentile_interval, resample_weights

Interval = Literal["percentile", "bca"]
Statistics = Callable[[CountedSet], Mapping[str, FloatArray]]
"""Named statistics of each row of weights: (R,) or (R, ...)."""

CELLS = 2**23
"""How many false positives times resamples are counted at once: 64 MiB."""


@dataclass(frozen=True)
class Estimate:
    """A statistic (or several of one kind, in the last axes), resampled.

    Attributes:
        value: (...) of the set itself.
        samples: (R, ...) of the bootstrap resamples.
        jackknife: (J, ...) with one block of groups left out.
    """

    value: FloatArray
    samples: FloatArray
    jackknife: FloatArray

    def __sub__(self, other: "Estimate") -> "Estimate":
        """The difference of two systems, resample by resample: both need the same weights."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Estimate(*(mine - theirs for mine, theirs in pairs))

    def __getitem__(self, index: int) -> "Estimate":
        """One of several statistics."""
        return Estimate(self.value[index], self.samples[:, index], self.jackknife[:, index])

    def interval(self, method: Interval) -> FloatArray:
        """Return the 95 % interval as (2, ...); NaN where no resample has a value."""
        samples = self.samples.reshape(len(self.samples), -1)
        bounds = np.full((2, samples.shape[1]), np.nan)
        defined = np.isfinite(samples).any(0)
        if method == "percentile":
            bounds[:, defined] = percentile_interval(samples[:, defined])
        else:
            jackknife = self.jackknife.reshape(len(self.jackknife), -1)
            bounds[:, defined] = bca_interval(
                samples[:, defined], self.value.reshape(-1)[defined], jackknife[:, defined]
            )
        return bounds.reshape(2, *self.value.shape)


@dataclass(frozen=True)
class Resampling:
    """The weights that every system of a comparison is counted with: (R, I) resamples, (J, I) jackknife."""

    bootstrap: NDArray[np.int32]
    jackknife: NDArray[np.int32]

    @classmethod
    def of_groups(cls, groups: Sequence[str], count: int, seed: int) -> "Resampling":
        """Draw `groups` (I,), the patient of each image, `count` times."""
        return cls(resample_weights(groups, count, seed), jackknife_weights(groups))


def estimate(ranked: RankedSet, statistics: Statistics, resampling: Resampling, max_rate: float) -> dict[str, Estimate]:
    """Compute the statistics of a set and of its resamples.

    Args:
        max_rate: no statistic asks for a higher rate of false positives.
    """
    value = statistics(CountedSet(ranked, max_rate=max_rate))
    samples, jackknife = (
        in_batches(ranked, statistics, weights, max_rate) for weights in (resampling.bootstrap, resampling.jackknife)
    )
    return {name: Estimate(value[name][0], samples[name], jackknife[name]) for name in value}


def in_batches(
    ranked: RankedSet, statistics: Statistics, weights: NDArray[np.int32], max_rate: float
) -> dict[str, FloatArray]:
    """Compute the statistics of a set for each row of weights (R, I), R at least 1, not too many rows at once."""
    needed = min(len(ranked.false_image), 2 * max_rate * ranked.num_images + 1)
    rows = max(1, int(CELLS / max(needed, ranked.num_images)))
    parts = [
        statistics(CountedSet(ranked, weights[start : start + rows], max_rate))
        for start in range(0, len(weights), rows)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def json_number(value: Any) -> float | None:
    """Return a number for JSON, which has no NaN: None."""
    return float(value) if np.isfinite(value) else None


def json_numbers(values: Iterable[Any]) -> list[float | None]:
    """The same for each of several."""
    return [json_number(value) for value in values]
