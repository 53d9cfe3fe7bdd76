"""Which lesion each detection finds: matched once, image by image; everything after it only counts."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Matching = Literal["iou", "center", "best-overlap"]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FALSE_POSITIVE, DUPLICATE, IGNORED = -1, -2, -3
"""What `match_set` says of a detection that finds no lesion."""


@dataclass(frozen=True)
class Boxes:
    """Boxes of a whole set, in one row.

    Attributes:
        image: (N,) index of the image of each box.
        corners: (N, 4) x1, y1, x2, y2 in pixels.
        labels: (N,) category ids.
    """

    image: IntArray
    corners: FloatArray
    labels: IntArray

    def of_images(self, num_images: int) -> list[IntArray]:
        """Return, for each image, the indices of its boxes, in order."""
        order = np.argsort(self.image, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.image, minlength=num_images))[:-1])


def _intersection(boxes: FloatArray, others: FloatArray) -> FloatArray:
    upper_left = np.maximum(boxes[:, None, :2], others[None, :, :2])
    lower_right = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.clip(lower_right - upper_left, 0, None).prod(-1)


def _area(boxes: FloatArray) -> FloatArray:
    return (boxes[:, 2:] - boxes[:, :2]).prod(-1)


def box_iou(boxes: FloatArray, others: FloatArray) -> FloatArray:
    """Intersection over union of boxes (N, 4) and (M, 4), as (N, M) in [0, 1]; 0 where both are without area."""
    intersection = _intersection(boxes, others)
    union = _area(boxes)[:, None] + _area(others)[None] - intersection
    return np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)


def covered_share(boxes: FloatArray, regions: FloatArray) -> FloatArray:
    """Share of each box (N, 4) that lies in each region (M, 4), as (N, M) in [0, 1]; 0 for a box without area."""
    intersection = _intersection(boxes, regions)
    area = np.broadcast_to(_area(boxes)[:, None], intersection.shape)
    return np.divide(intersection, area, out=np.zeros_like(intersection), where=area > 0)


def centers_inside(boxes: FloatArray, lesions: FloatArray) -> NDArray[np.bool_]:
    """Whether the center of each box (N, 4) lies in each lesion's box (M, 4), borders included: (N, M)."""
    centers = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    inside = (centers >= lesions[None, :, :2]) & (centers <= lesions[None, :, 2:])
    return inside[..., 0] & inside[..., 1]


def match_set(
    detections: Boxes,
    scores: FloatArray,
    lesions: Boxes,
    regions: Boxes,
    iou_thr: float = 0.5,
    matching: Matching = "iou",
) -> IntArray:
    """Say for each detection which lesion it finds.

    Within an image detections are taken by falling score, ties in input order. A lesion or region counts for detections
    of its own label, and a lesion is found once.

    - "iou" (COCO): a lesion qualifies when the IoU is at least `iou_thr`; of the free ones that qualify, the one with
      the highest IoU is found (the first of equals).
    - "center": the same, but a lesion qualifies when the detection's center lies in its box.
    - "best-overlap" (PASCAL VOC): only the lesion with the highest IoU of all can be found, if that is at least
      `iou_thr` and the lesion is free.

    A detection that finds none is IGNORED on an ignore region ("iou", "best-overlap": the region covers at least
    `iou_thr` of the detection, as COCO does it for crowds; "center": it holds the center), however many were before;
    else it is a DUPLICATE if a lesion qualified but was taken, else a FALSE_POSITIVE.

    Args:
        scores: (D,) of the detections, finite.
        regions: boxes in which detections are neither right nor wrong, such as crowds.

    Returns:
        (D,) in input order: index of the lesion in `lesions`, or one of the three codes.
    """
    found = np.full(len(scores), FALSE_POSITIVE, np.int64)
    if len(scores) == 0:
        return found
    num_images = int(max(boxes.image.max(initial=0) for boxes in (detections, lesions, regions))) + 1
    by_score = np.lexsort((-scores, detections.image))
    ends = np.cumsum(np.bincount(detections.image, minlength=num_images))
    lesions_of, regions_of = lesions.of_images(num_images), regions.of_images(num_images)
    for image in np.union1d(lesions.image, regions.image):
        mine = by_score[ends[image - 1] if image else 0 : ends[image]]
        if len(mine):
            found[mine] = _match_image(
                detections, mine, lesions, lesions_of[image], regions, regions_of[image], iou_thr, matching
            )
    return found


def _match_image(
    detections: Boxes,
    mine: IntArray,
    lesions: Boxes,
    lesion_index: IntArray,
    regions: Boxes,
    region_index: IntArray,
    iou_thr: float,
    matching: Matching,
) -> IntArray:
    """Match the detections `mine`, sorted by falling score, of one image with its lesions and regions."""
    corners, labels = detections.corners[mine], detections.labels[mine]
    same = labels[:, None] == lesions.labels[lesion_index][None]
    iou = np.where(same, box_iou(corners, lesions.corners[lesion_index]), 0.0)
    qualifies = _qualifying(corners, lesions.corners[lesion_index], iou, iou_thr, matching) & same
    ignored = _on_regions(corners, labels, regions, region_index, iou_thr, matching)
    found = np.where(ignored, IGNORED, FALSE_POSITIVE)
    free = np.ones(len(lesion_index), bool)
    for row in np.flatnonzero(qualifies.any(1)):
        candidates = np.flatnonzero(qualifies[row] & free)
        if len(candidates):
            best = candidates[iou[row, candidates].argmax()]
            free[best] = False
            found[row] = lesion_index[best]
        elif not ignored[row]:
            found[row] = DUPLICATE
    return found


def _qualifying(
    corners: FloatArray, lesions: FloatArray, iou: FloatArray, iou_thr: float, matching: Matching
) -> NDArray[np.bool_]:
    if matching == "center":
        return centers_inside(corners, lesions)
    qualifies = iou >= iou_thr
    if matching == "best-overlap" and len(lesions):
        qualifies &= np.arange(len(lesions))[None] == iou.argmax(1)[:, None]
    return qualifies


def _on_regions(
    corners: FloatArray, labels: IntArray, regions: Boxes, index: IntArray, iou_thr: float, matching: Matching
) -> NDArray[np.bool_]:
    if len(index) == 0:
        return np.zeros(len(corners), bool)
    boxes = regions.corners[index]
    inside = centers_inside(corners, boxes) if matching == "center" else covered_share(corners, boxes) >= iou_thr
    return (inside & (labels[:, None] == regions.labels[index][None])).any(1)
