"""Free-response ROC from arrays: which detections hit a lesion, the curve, and Sens@N.

The false-positive rate is false positives divided by *all* images, those without lesions included; the sensitivity is
lesions found divided by all lesions of the set (paper 002, section 3.4 and eq. 8). Boxes are x1, y1, x2, y2 in pixels.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matching = Literal["iou", "center"]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class MatchedSet:
    """The matched detections of a whole set: all that a curve needs.

    Attributes:
        scores: (D,) float.
        hits: (D,) bool, whether the detection found a lesion.
        image: (D,) int, index of the detection's image.
        lesions: (I,) int, lesions of each image; its length is the number of images.
    """

    scores: FloatArray
    hits: NDArray[np.bool_]
    image: NDArray[np.int64]
    lesions: NDArray[np.int64]


@dataclass(frozen=True)
class FrocCurve:
    """Operating points, from the highest threshold to the lowest; detections with `score >= threshold` count.

    Attributes:
        fp_per_image: (P,) false positives divided by images, not falling.
        sensitivity: (P,) lesions found divided by lesions, not falling.
        threshold: (P,) falling; one point for each distinct score.
    """

    fp_per_image: FloatArray
    sensitivity: FloatArray
    threshold: FloatArray


def box_iou(boxes: FloatArray, others: FloatArray) -> FloatArray:
    """Intersection over union of boxes (N, 4) and (M, 4), as (N, M) in [0, 1]; 0 where both are without area."""
    upper_left = np.maximum(boxes[:, None, :2], others[None, :, :2])
    lower_right = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    intersection = np.clip(lower_right - upper_left, 0, None).prod(-1)
    area, other_area = ((b[:, 2:] - b[:, :2]).prod(-1) for b in (boxes, others))
    union = area[:, None] + other_area[None] - intersection
    return np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)


def centers_inside(boxes: FloatArray, lesions: FloatArray) -> NDArray[np.bool_]:
    """Whether the center of each box (N, 4) lies in each lesion's box (M, 4), borders included: (N, M)."""
    centers = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    inside = (centers >= lesions[None, :, :2]) & (centers <= lesions[None, :, 2:])
    return inside[..., 0] & inside[..., 1]


def match_image(
    boxes: FloatArray,
    scores: FloatArray,
    labels: NDArray[np.int64],
    lesion_boxes: FloatArray,
    lesion_labels: NDArray[np.int64],
    iou_thr: float = 0.5,
    matching: Matching = "iou",
) -> NDArray[np.bool_]:
    """Say for each detection of one image whether it finds a lesion.

    Detections are taken by falling score, ties in input order. Each takes, among the free lesions of its own class
    that qualify, the one with the highest IoU (the first of equals). A lesion is found once: a second hit is a false
    positive.

    Args:
        boxes: (N, 4).
        scores: (N,).
        labels: (N,) classes.
        lesion_boxes: (M, 4).
        lesion_labels: (M,) classes.
        iou_thr: a lesion qualifies when the IoU is at least this (`matching="iou"`).
        matching: "iou", or "center": a lesion qualifies when the detection's center lies in its box.

    Returns:
        (N,) bool, in input order.
    """
    hits = np.zeros(len(boxes), bool)
    if len(boxes) == 0 or len(lesion_boxes) == 0:
        return hits
    iou = box_iou(boxes, lesion_boxes)
    qualifies = iou >= iou_thr if matching == "iou" else centers_inside(boxes, lesion_boxes)
    qualifies &= labels[:, None] == lesion_labels[None]
    free = np.ones(len(lesion_boxes), bool)
    order = np.argsort(-scores, kind="stable")
    for index in order[qualifies[order].any(1)]:
        candidates = np.flatnonzero(qualifies[index] & free)
        if len(candidates):
            free[candidates[iou[index, candidates].argmax()]] = False
            hits[index] = True
    return hits


class RankedSet:
    """The detections of a set in falling order of score, sorted once and counted with any weights of the images.

    Raises:
        ValueError: there is no image or no lesion.
    """

    def __init__(self, matched: MatchedSet) -> None:
        if matched.lesions.sum() == 0:
            raise ValueError("FROC needs at least one lesion in the ground truth; sensitivity is not defined without")
        order = np.argsort(-matched.scores, kind="stable")
        scores = matched.scores[order]
        self.hits = matched.hits[order]
        self.image = matched.image[order]
        self.lesions = matched.lesions
        self.last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True)[: len(scores)])
        """Last detection of each run of tied scores: the operating points."""
        self.threshold = scores[self.last]

    def curve(self, weights: ArrayLike | None = None, points: int | None = None) -> FrocCurve:
        """Return the curve.

        Args:
            weights: (I,) counts each image that many times; default once.
            points: only the first operating points, which cost less; default all.
        """
        weight = np.ones(len(self.lesions)) if weights is None else np.asarray(weights, float)
        last = self.last[:points]
        counted = slice(0, last[-1] + 1 if len(last) else 0)
        each = weight[self.image[counted]]
        found = np.cumsum(each * self.hits[counted])[last]
        false = np.cumsum(each * ~self.hits[counted])[last]
        lesions = (weight * self.lesions).sum()
        sensitivity = found / lesions if lesions > 0 else np.full(len(found), np.nan)
        return FrocCurve(false / weight.sum(), sensitivity, self.threshold[:points])


def sensitivity_at(curve: FrocCurve, rates: ArrayLike) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return Sens@N for each rate N: the sensitivity at the last point with at most N false positives an image.

    Before the first operating point nothing is reported, so a curve that starts above N gives 0.

    Returns:
        Sensitivities (F,) in [0, 1], and (F,) bool "reached": False where the curve ends before N, so that its last
        value is given.
    """
    wanted = np.asarray(rates, float)
    position = np.searchsorted(curve.fp_per_image, wanted, side="right")
    with_origin = np.append(0.0, curve.sensitivity)
    end = curve.fp_per_image[-1] if len(curve.fp_per_image) else -np.inf
    return with_origin[position], end >= wanted
