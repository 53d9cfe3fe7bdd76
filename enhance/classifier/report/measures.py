"""Accuracy, AUC, precision, recall, F1 and MCC of an image-label classifier, of many weighted resamples at once.

Arrays only. The set itself is one row of ones, so that a value and its resamples cannot differ in their rules. Where
they are defined, the values of the set are those of torchmetrics; where they are not (0 / 0), they are NaN, not 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reporting.ratio import ratio

FloatArray = NDArray[np.float64]
Values = dict[str, FloatArray]

MEASURES = ("accuracy", "auc", "precision", "recall", "f1", "mcc")


@dataclass(frozen=True)
class Counts:
    """True and false positives and negatives, each (R, L): of R resamples and L labels."""

    tp: FloatArray
    fp: FloatArray
    fn: FloatArray
    tn: FloatArray

    def pooled(self) -> Counts:
        """The counts of all labels together, (R, 1)."""
        return Counts(*(count.sum(1, keepdims=True) for count in vars(self).values()))


def binary_counts(predicted: NDArray, labels: FloatArray, weights: NDArray) -> Counts:
    """Count the decisions of each label.

    Args:
        predicted: (N, L) of 0 and 1, or bool.
        labels: (N, L) of 0 and 1; NaN where the label of an image does not count.
        weights: (R, N) how often each image is in each resample.
    """
    rows = np.asarray(weights, float)
    cells = ((predicted == p) & (labels == y) for p, y in ((1, 1), (1, 0), (0, 1), (0, 0)))
    return Counts(*(rows @ cell.astype(float) for cell in cells))


def measures_of_counts(counts: Counts) -> Values:
    """Accuracy, precision, recall, F1 and MCC, each of the shape of the counts; NaN where it is 0 / 0.

    Precision is not defined where nothing is predicted positive, recall where nothing is positive, F1 where both
    holds, MCC (Matthews 1975) where all labels or all predictions are alike.
    """
    tp, fp, fn, tn = counts.tp, counts.fp, counts.fn, counts.tn
    margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return {
        "accuracy": ratio(tp + tn, tp + fp + fn + tn),
        "precision": ratio(tp, tp + fp),
        "recall": ratio(tp, tp + fn),
        "f1": ratio(2 * tp, 2 * tp + fp + fn),
        "mcc": ratio(tp * tn - fp * fn, np.sqrt(margins)),
    }


def confusion(predicted: NDArray, truth: NDArray, num_classes: int) -> NDArray[np.int64]:
    """Count the images of each class that were taken for each class.

    Args:
        predicted, truth: (N,) class indices.

    Returns:
        (C, C), the true class in rows, the predicted one in columns.
    """
    cells = np.bincount(truth * num_classes + predicted, minlength=num_classes**2)
    return cells.reshape(num_classes, num_classes)


def multiclass_measures(counts: Counts) -> Values:
    """Share of images taken for their class, and the correlation coefficient R_K (Gorodkin 2004; with two classes MCC).

    Args:
        counts: of each class against the rest, (R, C), where every image has one class and is taken for one.

    Returns:
        accuracy (R,), and mcc (R,) in [-1, 1]: NaN where all labels or all predictions are of one class.
    """
    right, total = counts.tp.sum(1), (counts.tp + counts.fn).sum(1)
    truth, predicted = counts.tp + counts.fn, counts.tp + counts.fp
    free = (total**2 - (truth**2).sum(1)) * (total**2 - (predicted**2).sum(1))
    mcc = ratio(right * total - (truth * predicted).sum(1), np.sqrt(free))
    return {"accuracy": ratio(right, total), "mcc": mcc}
