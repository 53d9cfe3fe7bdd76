"""Resizing without aliasing."""

import cv2
import numpy as np


def resize(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize by area averaging when a side shrinks, bilinearly when both grow.

    Args:
        image: uint8 (H, W) or (H, W, C).

    Returns:
        uint8 (height, width) or (height, width, C); `image` itself when nothing changes.
    """
    if image.shape[:2] == (height, width):
        return image
    shrinks = height < image.shape[0] or width < image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
