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


def shrink(image: np.ndarray, longest: int) -> np.ndarray:
    """Shrink to at most `longest` pixels a side, the aspect ratio kept; `image` itself where it is no larger.

    Args:
        image: (H, W) or (H, W, C), as `resize` takes it; float too.
    """
    share = min(1.0, longest / max(image.shape[:2]))
    height, width = (max(1, round(side * share)) for side in image.shape[:2])
    return resize(image, width, height)
