"""What a reader has to know about the numbers of a classification report: what is not defined, what is too sure."""

from __future__ import annotations

from typing import Any

import numpy as np

from enhance.classifier.report.measures import MEASURES, FloatArray, Values
from reporting.resampling import FEW_GROUPS, group_notes

SELDOM = 0.01
"""A measure that is undefined in at least this share of the resamples is noted."""
CHOSE_THE_EPOCH = (
    "These images chose the epoch of the classifier, so the numbers are too good: validate on other images "
    "(tools/prepare_dataset.py --val-fraction makes a val.json)."
)
TITLES = {
    "accuracy": "Accuracy",
    "auc": "AUC",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "mcc": "MCC",
}


def classifier_notes(
    summary: dict[str, Any], decisions: FloatArray, labels: FloatArray, groups: list[str], samples: Values
) -> list[str]:
    """Sentences about a `classification.json` dictionary.

    Args:
        decisions, labels: (N, L) of 0 and 1; labels are NaN where they do not count.
        groups: (N,) the patient, or the image, that is drawn.
        samples: measures (1 + R, L) of the set and of its resamples.
    """
    notes = [CHOSE_THE_EPOCH] if summary["chose_the_epoch"] else []
    if summary["num_left_out"]:
        notes.append(f"{summary['num_left_out']} images without a known label are left out.")
    notes += group_notes(summary["num_unknown"], summary["num_tested"])
    names = list(summary["labels"])
    for index, name in enumerate(names):
        missing = [TITLES[key] for key in MEASURES if summary["labels"][name][key]["value"] is None]
        if missing:
            reasons = " and ".join(undefined_because(decisions[:, index], labels[:, index]))
            notes.append(f"{name}: {reasons}, so {', '.join(missing)} are not defined and not in the mean.")
        notes += _often_undefined(name, {key: samples[key][:, index] for key in MEASURES})
    return notes + _few(names, labels, np.array(groups), summary["grouped_by"])


def undefined_because(decisions: FloatArray, labels: FloatArray) -> list[str]:
    """Why measures of a label (N,) are 0 / 0."""
    counted = np.isfinite(labels)
    if not counted.any():
        return ["no image counts"]
    facts = {
        "no image is positive": (labels[counted] == 0).all(),
        "no image is negative": (labels[counted] == 1).all(),
        "none is predicted positive": (decisions[counted] == 0).all(),
        "none is predicted negative": (decisions[counted] == 1).all(),
    }
    return [text for text, holds in facts.items() if holds]


def _often_undefined(name: str, samples: Values) -> list[str]:
    notes = []
    for key, values in samples.items():
        missing = int(np.isnan(values[1:]).sum())
        if np.isfinite(values[0]) and missing >= SELDOM * len(values[1:]):
            notes.append(
                f"{name}: {TITLES[key]} is not defined in {missing} of {len(values) - 1} resamples; its interval is "
                "of the others."
            )
    return notes


def _few(names: list[str], labels: FloatArray, groups: np.ndarray, unit: str) -> list[str]:
    """Name the labels that few patients have, or few do not have, but at least one."""
    notes = []
    for value, word in ((1, "with"), (0, "without")):
        numbers = {name: len(set(groups[column == value])) for name, column in zip(names, labels.T, strict=True)}
        few = [f"{name} ({number})" for name, number in numbers.items() if 0 < number < FEW_GROUPS]
        if few:
            notes.append(
                f"Fewer than {FEW_GROUPS} {unit}s {word} {', '.join(few)}: intervals from so few are too narrow."
            )
    return notes
