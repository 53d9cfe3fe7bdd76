"""Checks of COCO boxes [x, y, width, height], for ground truth and results alike."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detect.matching import FloatArray

BOX_FORM = "a box is [x, y, width, height], finite, sizes not negative"


def box_array(boxes: Sequence[Any], name: str, first: int = 0) -> FloatArray:
    """Turn a list of COCO boxes into (N, 4) x, y, width, height.

    Args:
        name: what errors call an entry, for example "preds.json: detection".
        first: number of the first entry, for errors.

    Raises:
        ValueError: a box that has not four finite numbers, or a negative size.
    """
    if len(boxes) == 0:
        return np.zeros((0, 4))
    try:
        array = np.array(boxes, float)
    except (ValueError, TypeError):
        raise ValueError(_wrong_box(boxes, name, first)) from None
    if array.shape != (len(boxes), 4) or not (np.isfinite(array).all() and (array[:, 2:] >= 0).all()):
        raise ValueError(_wrong_box(boxes, name, first))
    return array


def _wrong_box(boxes: Sequence[Any], name: str, first: int) -> str:
    def is_wrong(box: Any) -> bool:
        try:
            array = np.array(box, float)
        except (ValueError, TypeError):
            return True
        return array.shape != (4,) or not np.isfinite(array).all() or bool((array[2:] < 0).any())

    index = next(i for i, box in enumerate(boxes) if is_wrong(box))
    return f"{name} {first + index} has the box {boxes[index]}; {BOX_FORM}"


def check_inside(xywh: FloatArray, image_sizes: FloatArray, name: str) -> list[str]:
    """Say whether boxes leave their images, and refuse corners that were written as sizes.

    Corners (x1, y1, x2, y2) have two signs: read as sizes many boxes end beyond their images, and read as corners every
    box is in order and none ends beyond.

    Args:
        xywh: (N, 4).
        image_sizes: (N, 2) width, height of each box's image.
        name: what the text calls the boxes, for example "preds.json: detections".

    Returns:
        No text or one, for a reader of the result.

    Raises:
        ValueError: both signs, on at least ten boxes of which at least a tenth end beyond their images.
    """
    beyond = _beyond(xywh[:, :2] + xywh[:, 2:], image_sizes)
    as_corners = (xywh[:, 2:] >= xywh[:, :2]).all() and not _beyond(xywh[:, 2:], image_sizes).any()
    if len(xywh) >= 10 and beyond.sum() >= 0.1 * len(xywh) and as_corners:
        raise ValueError(
            f"{name}: {beyond.sum()} of {len(xywh)} boxes end beyond their images as [x, y, width, height], and none "
            "as [x1, y1, x2, y2]; COCO boxes are [x, y, width, height]: subtract x1 and y1 from the last two numbers"
        )
    outside = beyond | (xywh[:, :2] < -1).any(1)
    if outside.sum() >= max(1, 0.01 * len(xywh)):
        return [
            f"{name}: {outside.sum()} of {len(xywh)} boxes reach more than a pixel out of their images; "
            "were they made on images of another size?"
        ]
    return []


def _beyond(lower_right: FloatArray, image_sizes: FloatArray) -> NDArray[np.bool_]:
    beyond = lower_right > image_sizes + 1
    return beyond[:, 0] | beyond[:, 1]


def to_corners(xywh: FloatArray) -> FloatArray:
    """Turn (N, 4) x, y, width, height into x1, y1, x2, y2."""
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
