"""A learning curve as numbers: sensitivities by size and variant, and what the variants are worth in images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from detect.froc.ground_truth import GroundTruth
from detect.froc.matching import FloatArray
from detect.froc.settings import FrocSettings
from detect.learning_curve.sizes import size_titles
from detect.learning_curve.worth import outside, worth
from detect.table1.evaluation import columns, evaluate_rows, row_mean
from detect.table1.repeat_measures import RepeatMeasures
from detect.table1.row_names import split_key
from reporting.estimate import Estimate

BOUNDS = {-1: "at most", 0: None, 1: "at least"}
"""What a worth is that lies beyond the sizes that were trained with."""


@dataclass(frozen=True)
class TrainingFile:
    """How much there is to train with.

    Attributes:
        images: of the file.
        boxes: lesions on them.
    """

    images: int
    boxes: int


def evaluate_learning_curve(
    truth: GroundTruth,
    measured: Mapping[str, Sequence[RepeatMeasures]],
    settings: FrocSettings,
    sizes: Mapping[str, int],
    training: TrainingFile,
) -> dict[str, Any]:
    """Average and compare the rows "SIZE/VARIANT" as those of a table, each size a group, and find what they are worth.

    Args:
        measured: all on the same resamples of the patients, sizes rising.
        sizes: number of training images of each group, as `group_sizes` gives it.
        training: the whole training file.

    Returns:
        The contents of `learning_curve.json`, see docs/learning_curve.md: those of `table1.json`, "sizes", "training"
        and "worth".
    """
    report = evaluate_rows(truth, measured, settings, size_titles(list(measured), sizes))
    means = {key: row_mean(measured, key, settings, "sensitivity", "samples") for key in measured}
    curves = {"sizes": dict(sizes), "training": vars(training), "worth": _worths(means, sizes, training, settings)}
    return report | curves


def _worths(
    means: Mapping[str, Estimate], sizes: Mapping[str, int], training: TrainingFile, settings: FrocSettings
) -> list[dict[str, Any]]:
    """What each row but the baseline's is worth, at each N and by the mean."""
    baseline = split_key(next(iter(means)))[1]
    base = [means[f"{group}/{baseline}"] for group in sizes]
    values, samples = (np.stack([getattr(mean, name) for mean in base], axis=-1) for name in ("value", "samples"))
    numbers, entries = list(sizes.values()), []
    for key, mean in means.items():
        group, variant = split_key(key)
        if variant == baseline:
            continue
        found = Estimate(worth(values, numbers, mean.value), worth(samples, numbers, mean.samples))
        sides = outside(values, mean.value)
        for index, at in enumerate(columns(settings)):
            entry = {"a": key, "b": f"{group}/{baseline}", "at": at, "bound": BOUNDS[int(sides[index])]}
            entries.append(entry | _entry(found[index], sizes[group], numbers, training))
    return entries


def _entry(found: Estimate, size: int, numbers: Sequence[int], training: TrainingFile) -> dict[str, Any]:
    """A worth in images, as a multiple of the own images, and in boxes; an end of the interval may be a bound."""
    ends = found.interval("percentile")
    return {
        "ci95_bounds": [BOUNDS[_side(end, numbers)] for end in ends],
        "images": found.entry(),
        "times": _scaled(found, 1 / size).entry(),
        "boxes": _scaled(found, training.boxes / training.images).entry(),
    }


def _side(end: FloatArray, numbers: Sequence[int]) -> int:
    return int(np.isclose(end, numbers[-1])) - int(np.isclose(end, numbers[0]))


def _scaled(found: Estimate, factor: float) -> Estimate:
    return Estimate(found.value * factor, found.samples * factor)
