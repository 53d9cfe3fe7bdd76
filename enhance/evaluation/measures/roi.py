"""Regions as masks: the union of lesion boxes, and what a map holds for its region of interest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

Box = Sequence[float]


def box_mask(shape: tuple[int, int], boxes: Iterable[Box]) -> np.ndarray:
    """Share of every pixel that lies in the union of the boxes, for boxes on whole pixels exactly 0 or 1.

    Args:
        shape: (H, W).
        boxes: (x, y, width, height) in pixels; what lies outside the image does not count.

    Returns:
        (H, W) float64 in [0, 1]. Where boxes overlap on a fraction of a pixel, the larger fraction counts.
    """
    mask: np.ndarray = np.zeros(shape)
    for x, y, width, height in boxes:
        rows, columns = (
            np.clip(np.minimum(np.arange(n) + 1, end) - np.maximum(np.arange(n), start), 0, 1)
            for n, start, end in ((shape[0], y, y + height), (shape[1], x, x + width))
        )
        mask = np.maximum(mask, np.outer(rows, columns))
    return mask


def region_above(attention: np.ndarray, share: float) -> np.ndarray:
    """The region of interest of a map: the pixels above `share` of its maximum.

    Paper 001 takes the raw scores: for a share above 0, CAM, which may be negative, then has the region of Grad-CAM.

    Args:
        attention: (..., H, W).
        share: In [0, 1).

    Returns:
        (..., H, W) bool; empty for a map without a positive value.
    """
    return attention > share * attention.max((-2, -1), keepdims=True)
