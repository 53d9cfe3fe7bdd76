"""The part of an image that its masks cover: the region of interest of paper 003, section II.A."""

import os
from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

import numpy as np

from data.images.errors import ImageReadError
from data.images.image_io import read_grayscale

Crop = tuple[int, int, int, int]
"""x, y of the upper left corner, width, height in whole pixels of the source image."""


def read_crop(masks: Sequence[str | os.PathLike[str]], width: int, height: int) -> Crop:
    """The box around all `masks` of one image together, for instance around its left and its right lung.

    Args:
        masks: image files, one at least. A mask of another size is stretched over the image.
        width, height: of the image in pixels.

    Raises:
        ImageReadError: a mask cannot be read or is empty.
    """
    boxes = []
    for mask in masks:
        box = mask_box(read_grayscale(mask), width, height)
        if box is None:
            raise ImageReadError(mask, "the mask is empty", "draw it anew, or prepare the images whole")
        boxes.append(box)
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


def mask_box(mask: np.ndarray, width: int, height: int) -> Crop | None:
    """The smallest box of whole image pixels that holds every pixel of the mask.

    Args:
        mask: uint8 (h, w); a pixel is inside when it is above half of the maximum, so 0/1 and 0/255 are the same.
        width, height: of the image in pixels.

    Returns:
        x, y, width, height; None where the mask is all zero.
    """
    inside = mask > mask.max() / 2
    if not inside.any():
        return None
    left, right = _stretch(inside.any(axis=0), width)
    top, bottom = _stretch(inside.any(axis=1), height)
    return left, top, right - left, bottom - top


def _stretch(inside: np.ndarray, length: int) -> tuple[int, int]:
    """First pixel and the one after the last in an axis of `length` pixels; fractions of pixels count whole."""
    places = np.flatnonzero(inside)
    first, after_last = int(places[0]), int(places[-1]) + 1
    scale = Fraction(length, len(inside))
    return floor(first * scale), ceil(after_last * scale)
