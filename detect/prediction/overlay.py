"""A picture with the boxes that were found in it, their names and scores."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

COLORS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (213, 94, 0), (204, 121, 167))
"""RGB, for one label after another; Okabe and Ito's, which color-blind people can tell apart."""
SIDE = 512
"""At this longer side, in pixels, lines are 2 wide and letters 11 high; larger images get larger ones."""


def overlay(
    image: NDArray[np.uint8],
    corners: NDArray[np.floating],
    scores: Sequence[float],
    labels: Sequence[int],
    names: Sequence[str],
) -> NDArray[np.uint8]:
    """Draw boxes into a copy of an image.

    Args:
        image: RGB (H, W, 3) uint8.
        corners: (N, 4), x1, y1, x2, y2 in pixels.
        scores, labels: (N,); labels are indices of `names`.

    Returns:
        RGB (H, W, 3) uint8.
    """
    picture = np.ascontiguousarray(image).copy()
    scale = max(1.0, max(image.shape[:2]) / SIDE)
    width = round(2 * scale)
    for box, score, label in reversed(list(zip(corners.tolist(), scores, labels, strict=True))):  # the best one on top
        color = COLORS[label % len(COLORS)]
        left, top, right, bottom = (round(value) for value in box)
        cv2.rectangle(picture, (left, top), (right, bottom), color, width)
        _write(picture, f"{names[label]} {score:.2f}", (left, top), color, scale)
    return picture


def _write(
    picture: NDArray[np.uint8], text: str, corner: tuple[int, int], color: tuple[int, ...], scale: float
) -> None:
    """Write a text on a bar of the color, above a corner or, at the edge of the picture, inside."""
    font, size, width = cv2.FONT_HERSHEY_SIMPLEX, 0.45 * scale, max(1, round(scale))
    (wide, high), below = cv2.getTextSize(text, font, size, width)
    left = max(0, min(corner[0], picture.shape[1] - wide))
    bottom = max(corner[1], high + below)
    cv2.rectangle(picture, (left, bottom - high - below), (left + wide, bottom), color, cv2.FILLED)
    cv2.putText(picture, text, (left, bottom - below // 2), font, size, (0, 0, 0), width, cv2.LINE_AA)
