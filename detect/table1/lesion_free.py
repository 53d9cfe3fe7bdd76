"""False positives on images without lesions, at thresholds that were chosen on another set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.errors import UserError
from detect.froc.detections import collect_detections
from detect.froc.ground_truth import GroundTruth
from detect.froc.matching import FloatArray, IntArray
from detect.froc.settings import FrocSettings
from detect.table1.repeats import deviations, mean_of_repeats
from detect.table1.row_files import read_folds
from reporting.estimate import json_numbers
from reporting.resampling import resample_weights


def counts_above(scores: FloatArray, image: IntArray, num_images: int, thresholds: ArrayLike) -> IntArray:
    """Count the detections (D,) of each image at and above each threshold: (I, F)."""
    columns = [np.bincount(image[scores >= t], minlength=num_images) for t in np.asarray(thresholds, float)]
    return np.stack(columns, 1)


def rates_per_image(counts: IntArray, weights: NDArray[np.int32]) -> FloatArray:
    """Average counts (I, F) over the images, each counted as often as weights (R, I) say: (R, F)."""
    return (weights @ counts) / weights.sum(1, dtype=np.int64)[:, None]


@dataclass(frozen=True)
class LesionFreeSet:
    """Images without lesions, and how often each is in each resample (R, I) of their patients."""

    name: str
    truth: GroundTruth
    weights: NDArray[np.int32]

    @classmethod
    def of(cls, name: str, truth: GroundTruth, settings: FrocSettings) -> "LesionFreeSet":
        return cls(name, truth, resample_weights(truth.groups, settings.bootstrap, settings.seed))

    def false_positives(
        self, repeats: Sequence[Any], thresholds: Sequence[FloatArray], rng: np.random.Generator, key: str
    ) -> tuple[dict[str, Any], list[str]]:
        """Count every detection as false: mean over the repeats of a row, at the thresholds of each.

        Args:
            repeats: (S,) the files of each, as `detect.table1.row_files.row_files` gives them.
            thresholds: (S,) of (F,) scores.
            rng: of the draws of repeats.
            key: the row, for errors.

        Returns:
            "value" (F), "ci95" (F, 2), "repeats" (S, F), false positives per image; and notes on the files.
        """
        values, samples, notes = [], [], []
        for paths, at in zip(repeats, thresholds, strict=True):
            files = " + ".join(map(str, paths))
            found = collect_detections(read_folds(paths), self.truth, f"{self.name}: {key} ({files})")
            notes += found.notes
            counts = counts_above(found.scores, found.boxes.image, len(self.truth.image_ids), at)
            values.append(counts.mean(0))
            samples.append(rates_per_image(counts, self.weights))
        mean = mean_of_repeats(values, np.stack(samples), deviations(values), rng, limits=(0.0, np.inf))
        intervals = [json_numbers(bounds) for bounds in mean.interval("percentile").T]
        return {"value": mean.value.tolist(), "ci95": intervals, "repeats": np.array(values).tolist()}, notes


def check_lesion_free_rows(rows: Mapping[str, Sequence[Any]], own: Mapping[str, Sequence[Any]]) -> None:
    """Check that each row has thresholds: as many repeats as on the own set.

    Raises:
        UserError: a row that the own set lacks, or another number of repeats.
    """
    for key, repeats in rows.items():
        if key not in own:
            raise UserError(f"--negatives-pred {key}: no such row in --pred, so there are no thresholds for it")
        if len(repeats) != len(own[key]):
            raise UserError(
                f"--negatives-pred {key}: {len(repeats)} repeats, but {len(own[key])} in --pred; each needs its own "
                "thresholds, so give them in the same order"
            )
