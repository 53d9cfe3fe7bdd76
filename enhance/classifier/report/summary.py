"""All measures of a tested classifier with 95 % bootstrap intervals over patients, as one dictionary for JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.errors import UserError
from enhance.classifier.predictions import Groups, Predictions
from enhance.classifier.report.measures import (
    MEASURES,
    FloatArray,
    Values,
    binary_counts,
    confusion,
    measures_of_counts,
    multiclass_measures,
)
from enhance.classifier.report.notes import classifier_notes
from reporting.auc import weighted_auc
from reporting.estimate import Estimate
from reporting.ratio import mean_of_defined
from reporting.resampling import resample_weights

CELLS = 2**22
"""How many scores times resamples are counted at once: 32 MiB per array."""


@dataclass(frozen=True)
class ClassificationSettings:
    """What is counted.

    Attributes:
        kind: "multi-label": each label is decided alone, positive where its score is at least `threshold`.
            "multi-class": each image is taken for the class of its highest score. "auto": multi-class where the scores
            of each image sum to 1 and each image has one class.
        threshold: of multi-label decisions.
        bootstrap: number of resamples.
        seed: of the resamples.

    Raises:
        UserError: a value out of range.
    """

    kind: Literal["auto", "multi-label", "multi-class"] = "auto"
    threshold: float = 0.5
    bootstrap: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in ("auto", "multi-label", "multi-class"):
            raise UserError(f"kind must be auto, multi-label or multi-class, got {self.kind!r}")
        if not 0 <= self.threshold <= 1:
            raise UserError(f"threshold must be between 0 and 1, got {self.threshold}")
        if self.bootstrap < 1 or self.seed < 0:
            raise UserError(f"bootstrap must be at least 1 and seed at least 0, got {self.bootstrap}, {self.seed}")


def summarize_classifier(predictions: Predictions, groups: Groups, settings: ClassificationSettings) -> dict[str, Any]:
    """Compute the content of `classification.json`.

    Returns:
        `settings`, `kind`, `num_images`, `num_groups`, `grouped_by`, `num_tested` (images with and without a label that
        counts), `num_unknown` (those of them whose patient is not known) and `chose_the_epoch` (as `Predictions`);
        `labels`: for each name `num_positive`, `num_negative` and the measures; `mean`: the measures averaged over the
        labels where they are defined; `overall`: of all decisions together (multi-label) or of the whole confusion
        matrix (multi-class: accuracy and mcc); `confusion`: matrices with `name`, `classes` and `counts`, the truth in
        rows; `notes`. A measure is `{"value": number or null, "ci95": [low, high]}`.

    Raises:
        UserError: no label counts, or multi-class is asked for, but images have no or several classes.
    """
    exclusive = _is_exclusive(predictions, settings.kind)
    scores, labels, names = predictions.scores, predictions.labels, predictions.label_names
    counted = np.isfinite(labels)
    known: NDArray[np.bool_] = np.all(counted, axis=1) if exclusive else np.any(counted, axis=1)
    if not known.any():
        raise UserError("no label of any image counts: there is nothing to measure")
    scores, labels = scores[known], labels[known]
    drawn = [group for group, keep in zip(groups.of_image, known, strict=True) if keep]
    if exclusive:
        decisions = np.eye(len(names))[scores.argmax(1)]
    else:
        decisions = (scores >= settings.threshold).astype(float)
    samples = _resample(scores, decisions, labels, drawn, exclusive, settings)
    sums = {"num_positive": (labels == 1).sum(0), "num_negative": (labels == 0).sum(0)}
    summary = {
        "settings": asdict(settings),
        "kind": "multi-class" if exclusive else "multi-label",
        "num_images": len(scores),
        "num_left_out": int((~known).sum()),
        "num_groups": len(set(drawn)),
        "grouped_by": groups.unit,
        "num_tested": len(groups.of_image),
        "num_unknown": groups.unknown,
        "chose_the_epoch": predictions.chose_the_epoch,
        "labels": {
            name: {key: int(values[index]) for key, values in sums.items()} | _entries(samples["labels"], index)
            for index, name in enumerate(names)
        },
        "mean": _entries(samples["mean"], 0),
        "overall": _entries(samples["overall"], 0),
        "confusion": _matrices(names, decisions, labels, exclusive),
    }
    return summary | {"notes": classifier_notes(summary, decisions, labels, drawn, samples["labels"])}


def _is_exclusive(predictions: Predictions, kind: str) -> bool:
    if kind == "auto":
        return predictions.one_class_each and predictions.from_softmax
    if kind == "multi-class" and not predictions.one_class_each:
        raise UserError("multi-class needs one class for every image: give the kind multi-label")
    return kind == "multi-class"


def _resample(
    scores: FloatArray,
    decisions: FloatArray,
    labels: FloatArray,
    groups: list[str],
    exclusive: bool,
    settings: ClassificationSettings,
) -> dict[str, Values]:
    """The statistics of the set in row 0, of the resamples below."""
    ones = np.ones((1, len(scores)), np.int32)
    weights = np.concatenate([ones, resample_weights(groups, settings.bootstrap, settings.seed)])
    step = max(1, CELLS // len(scores))
    parts = [
        statistics(scores, decisions, labels, weights[start : start + step], exclusive)
        for start in range(0, len(weights), step)
    ]
    return {
        level: {name: np.concatenate([part[level][name] for part in parts]) for name in values}
        for level, values in parts[0].items()
    }


def statistics(
    scores: FloatArray, decisions: FloatArray, labels: FloatArray, weights: NDArray, exclusive: bool
) -> dict[str, Values]:
    """All measures of R weighted sets.

    Args:
        scores, decisions, labels: (N, L); decisions are 0 and 1, labels too, or NaN.
        weights: (R, N).
        exclusive: each image has one class and is taken for one.

    Returns:
        `labels`: (R, L) each; `mean` and `overall`: (R, 1) each.
    """
    counts = binary_counts(decisions, labels, weights)
    areas = [weighted_auc(*columns, weights) for columns in zip(scores.T, labels.T, strict=True)]
    values = measures_of_counts(counts) | {"auc": np.stack(areas, 1)}
    if exclusive:
        overall = {name: value[:, None] for name, value in multiclass_measures(counts).items()}
    else:
        overall = measures_of_counts(counts.pooled())
    mean = {name: mean_of_defined(value)[:, None] for name, value in values.items()}
    return {"labels": values, "mean": mean, "overall": overall}


def _entries(samples: Values, column: int) -> dict[str, Any]:
    """Each measure of one column, with the interval over the resamples where it is defined."""
    return {name: Estimate.of_rows(samples[name][:, column]).entry() for name in MEASURES if name in samples}


def _matrices(names: list[str], decisions: FloatArray, labels: FloatArray, exclusive: bool) -> list[dict[str, Any]]:
    if exclusive:
        counts = confusion(decisions.argmax(1), labels.argmax(1), len(names))
        return [{"name": "", "classes": names, "counts": counts.tolist()}]
    matrices = []
    for name, decided, label in zip(names, decisions.T, labels.T, strict=True):
        counted = np.isfinite(label)
        counts = confusion(decided[counted].astype(int), label[counted].astype(int), 2)
        matrices.append({"name": name, "classes": ["negative", "positive"], "counts": counts.tolist()})
    return matrices
