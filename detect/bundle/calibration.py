"""From a detector's score to the share of such detections that are lesions, by isotonic regression.

A score is no probability: a detector is trained on samples that it draws itself. On validation images it is known
which detections hit a lesion; the rising step function nearest to that (least squares; Zadrozny and Elkan, Transforming
classifier scores into accurate multiclass probability estimates, KDD 2002) is the calibration. It changes no rank, and
thresholds stay those of FROC.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import isotonic_regression

from detect.froc.ground_truth import GroundTruth
from detect.froc.matching import IGNORED
from detect.froc.settings import FrocSettings
from detect.froc.system import match_results

FOLDS = 5
"""Each fifth of the persons is shown by a calibration that was fitted on the others."""
BINS = 10
FloatArray = NDArray[np.float64]


def fit(scores: ArrayLike, hits: ArrayLike) -> dict[str, list[float]]:
    """Fit scores (D,) to hits (D,) of 0 and 1; equal scores get one probability.

    Returns:
        `{"scores": rising, "probabilities": not falling}`, what `probability` takes; of each step the two ends.
    """
    distinct, place, count = np.unique(np.asarray(scores, float), return_inverse=True, return_counts=True)
    share = np.bincount(place, np.asarray(hits, float), len(distinct)) / count
    fitted = isotonic_regression(share, weights=count).x if len(distinct) else share
    change = np.flatnonzero(np.diff(fitted))
    kept = np.unique([0, len(distinct) - 1, *change, *(change + 1)]).astype(int) if len(distinct) else []
    return {"scores": distinct[kept].tolist(), "probabilities": fitted[kept].tolist()}


def probability(calibration: dict[str, Any], scores: ArrayLike) -> FloatArray:
    """The probabilities (D,) of scores (D,): on the steps, and on straight lines between their ends."""
    known = np.asarray(calibration["scores"], float)
    if not len(known):
        return np.full(np.shape(scores), np.nan)
    return np.interp(np.asarray(scores, float), known, calibration["probabilities"])


def validation_calibration(truth: GroundTruth, entries: Iterable[Any]) -> dict[str, Any]:
    """The calibration of a detector's results, and how reliable one is on persons it was not fitted on, as JSON.

    Returns:
        What `fit` gives of all, and "reliability": for each of `BINS` groups of equal number, in rising order,
        `number`, the mean `probability` and the share of `hits`; `error` is their mean absolute difference (expected
        calibration error).
    """
    matched = match_results(truth, entries, FrocSettings()).matched
    counted = matched.found != IGNORED
    scores, hits = matched.scores[counted], (matched.found[counted] >= 0).astype(float)
    persons = np.unique(truth.groups, return_inverse=True)[1][matched.image[counted]]
    fold = np.random.default_rng(0).permutation(persons.max(initial=0) + 1)[persons] % FOLDS
    held_out = np.full(len(scores), np.nan)
    for number in range(FOLDS):
        if (fold != number).any():
            held_out[fold == number] = probability(
                fit(scores[fold != number], hits[fold != number]), scores[fold == number]
            )
    known = np.isfinite(held_out)
    return fit(scores, hits) | {"reliability": reliability(held_out[known], hits[known])}


def reliability(probabilities: FloatArray, hits: FloatArray) -> dict[str, Any]:
    """Groups of equal number by rising probability, and the error; see `validation_calibration`."""
    order = np.argsort(probabilities, kind="stable")
    groups = [group for group in np.array_split(order, BINS) if len(group)]
    rows = [
        {"number": len(group), "probability": float(probabilities[group].mean()), "hits": float(hits[group].mean())}
        for group in groups
    ]
    error = sum(row["number"] * abs(row["probability"] - row["hits"]) for row in rows) / max(len(order), 1)
    return {"bins": rows, "error": error}
