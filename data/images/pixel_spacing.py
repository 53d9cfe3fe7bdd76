"""The size of a pixel in mm, as DICOM headers give it. PNG and JPEG give none: their DPI is no measurement."""

import math
import os
from collections.abc import Sequence
from typing import Any

import pydicom

from data.images.functional_groups import GROUPS, lift

_KEYWORDS = ("PixelSpacing", "ImagerPixelSpacing")


def read_pixel_spacing(path: str | os.PathLike[str]) -> tuple[float, float] | None:
    """The distance between the centers of neighboring rows and of neighboring columns, from a DICOM file's header.

    PixelSpacing (0028,0030) counts if it is sound, else ImagerPixelSpacing (0018,1164), else there is none. In both the
    first value is the vertical distance (DICOM PS3.3, 10.7.1.3). ImagerPixelSpacing is measured at the detector and not
    corrected for magnification, so a lesion in the body is smaller than it says. PixelSpacing of a radiograph may be
    corrected or not (PS3.3, 10.7.1.1). Of an enhanced object that of the first frame counts. No pixels are read.

    Returns:
        (row, column) in mm, both positive and finite; None for a file that is not DICOM, a damaged header, or a missing
        or unsound tag.
    """
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=[*_KEYWORDS, *GROUPS])
        lift(header, "PixelMeasuresSequence")
    except Exception:  # pydicom raises many kinds on damaged files
        return None
    return next((spacing for keyword in _KEYWORDS if (spacing := _read_tag(header, keyword))), None)


def scale_pixel_spacing(
    spacing: Any, old_size: tuple[int, int], new_size: tuple[int, int]
) -> tuple[float, float] | None:
    """The spacing after a resize: what the image loses in pixels, each pixel gains in mm.

    Args:
        spacing: (row, column) in mm before the resize.
        old_size, new_size: (width, height) in pixels.

    Returns:
        (row, column) in mm, both positive and finite; None if `spacing` is not a sequence of two such numbers, or too
        large to be scaled.
    """
    pair = _positive_pair(spacing)
    if pair is None:
        return None
    (row, column), (old_width, old_height), (new_width, new_height) = pair, old_size, new_size
    return _positive_pair((row * old_height / new_height, column * old_width / new_width))


def _read_tag(header: pydicom.Dataset, keyword: str) -> tuple[float, float] | None:
    try:
        return _positive_pair(header.get(keyword))
    except Exception:  # pydicom converts a value when it is asked for, and raises many kinds on a damaged one
        return None


def _positive_pair(value: Any) -> tuple[float, float] | None:
    """Two positive finite numbers, or None. Text and bytes are sequences too, but not of numbers."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)) or len(value) != 2:
        return None
    try:
        first, second = float(value[0]), float(value[1])
    except (TypeError, ValueError, OverflowError):
        return None
    sound = all(number > 0 and math.isfinite(number) for number in (first, second))
    return (first, second) if sound else None
