"""Statistics of a matched set on many resamples of its patients, counted in batches.

Matching is never repeated: within an image it does not depend on which other images are in the set.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detect.froc.curve import CountedSet, RankedSet
from detect.froc.ground_truth import GroundTruth, groups_with_lesions
from detect.froc.matching import FloatArray
from reporting.estimate import Estimate
from reporting.resampling import FEW_GROUPS, jackknife_weights, resample_weights

Statistics = Callable[[CountedSet], Mapping[str, FloatArray]]
"""Named statistics of each row of weights: (R,) or (R, ...)."""

CELLS = 2**23
"""How many false positives times resamples are counted at once: 64 MiB."""


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


def bootstrap_notes(truth: GroundTruth, weights: NDArray[np.int32]) -> list[str]:
    """Say where resamples (R, I) of the set are too few patients, or have no lesion."""
    notes, number = [], groups_with_lesions(truth)
    if number < FEW_GROUPS:
        notes.append(f"Only {number} {truth.grouped_by}(s) with lesions: intervals from so few are too narrow.")
    undefined = weights[:, np.unique(truth.lesions.image)].sum(1) == 0
    if undefined.mean() > 0.01:
        notes.append(
            f"{undefined.sum()} of {len(undefined)} resamples have no lesion and are left out of the intervals."
        )
    return notes
