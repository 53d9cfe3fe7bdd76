"""Checks of COCO boxes [x, y, width, height], for ground truth and results alike."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import UserError

FloatArray = NDArray[np.float64]

BOX_FORM = "a box is [x, y, width, height], finite, sizes not negative"
MOST = 0.6
"""Share of boxes out of their images from which on they are of other images."""
ENOUGH = 10
"""So many boxes prove a fault that they all show; fewer are a note."""


def number_array(values: Any) -> FloatArray:
    """Turn numbers into an array. Text is refused, where `np.array(values, float)` would read it.

    Raises:
        ValueError: something that is no number, or lists of different lengths.
    """
    array = np.array(values)
    if array.dtype.kind not in "fiu":
        raise ValueError("not all are numbers")
    return array.astype(float, copy=False)


def box_array(boxes: Sequence[Any], name: str, first: int = 0) -> FloatArray:
    """Turn a list of COCO boxes into (N, 4) x, y, width, height.

    Args:
        name: what errors call an entry, for example "preds.json: detection".
        first: number of the first entry, for errors.

    Raises:
        UserError: a box that has not four finite numbers, or a negative size.
    """
    if len(boxes) == 0:
        return np.zeros((0, 4))
    try:
        array = number_array(boxes)
    except ValueError:
        raise UserError(_wrong_box(boxes, name, first)) from None
    if array.shape != (len(boxes), 4) or not (np.isfinite(array).all() and (array[:, 2:] >= 0).all()):
        raise UserError(_wrong_box(boxes, name, first))
    return array


def _wrong_box(boxes: Sequence[Any], name: str, first: int) -> str:
    def is_wrong(box: Any) -> bool:
        try:
            array = number_array(box)
        except ValueError:
            return True
        return array.shape != (4,) or not np.isfinite(array).all() or bool((array[2:] < 0).any())

    index = next(i for i, box in enumerate(boxes) if is_wrong(box))
    return f"{name} {first + index} has the box {boxes[index]}; {BOX_FORM}"


def check_inside(xywh: FloatArray, image_sizes: FloatArray, name: str) -> list[str]:
    """Say whether boxes leave their images, and refuse those that are normalized or written as corners.

    Boxes are taken for normalized if all of them end within 1.5 pixels of the upper left corner. They are taken for
    corners (x1, y1, x2, y2) if, read as sizes, at least 10 % of them end outside their images, but, read as corners, at
    least 99 % are in order (x1 <= x2, y1 <= y2) and at most 1 % end outside.

    Args:
        xywh: (N, 4).
        image_sizes: (N, 2) width, height of each box's image.
        name: what the text calls the boxes, for example "preds.json: detections".

    Returns:
        No text or one, for a reader of the result.

    Raises:
        UserError: at least ten boxes, normalized, with both signs of corners, or most of them not in their images.
    """
    if len(xywh) == 0:
        return []
    beyond = _beyond(xywh[:, :2] + xywh[:, 2:], image_sizes)
    _refuse_corners(xywh, image_sizes, beyond, name)
    outside = beyond | (xywh[:, :2] < -1).any(1)
    text = f"{name}: {outside.sum()} of {len(xywh)} boxes reach more than a pixel out of their images; "
    if len(xywh) >= ENOUGH and outside.mean() > MOST:
        raise UserError(f"{text}they were made on images of another size: give the annotation file of those")
    if outside.sum() >= max(1, 0.01 * len(xywh)):
        return [f"{text}were they made on images of another size, or written as [x1, y1, x2, y2]?"]
    return _normalized_note(xywh, image_sizes, name)


def _refuse_corners(xywh: FloatArray, image_sizes: FloatArray, beyond: NDArray[np.bool_], name: str) -> None:
    in_order = (xywh[:, 2:] >= xywh[:, :2]).all(1)
    beyond_as_corners = _beyond(xywh[:, 2:], image_sizes)
    as_corners = in_order.mean() >= 0.99 and beyond_as_corners.mean() <= 0.01
    if len(xywh) >= ENOUGH and beyond.mean() >= 0.1 and as_corners:
        raise UserError(
            f"{name}: {beyond.sum()} of {len(xywh)} boxes end beyond their images as [x, y, width, height], and "
            f"{beyond_as_corners.sum() or 'none'} as [x1, y1, x2, y2]; COCO boxes are [x, y, width, height]: subtract "
            "x1 and y1 from the last two numbers"
        )


def _normalized_note(xywh: FloatArray, image_sizes: FloatArray, name: str) -> list[str]:
    if (xywh[:, :2] + xywh[:, 2:]).max() > 1.5 or image_sizes.min() < 16:
        return []
    text = (
        f"{name}: all boxes end within 1.5 pixels of the corner; they look normalized: multiply by width and height of "
        "the image"
    )
    if len(xywh) >= ENOUGH:
        raise UserError(text)
    return [text]


def _beyond(lower_right: FloatArray, image_sizes: FloatArray) -> NDArray[np.bool_]:
    beyond = lower_right > image_sizes + 1
    return beyond[:, 0] | beyond[:, 1]


def to_corners(xywh: FloatArray) -> FloatArray:
    """Turn (N, 4) x, y, width, height into x1, y1, x2, y2."""
    return np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
