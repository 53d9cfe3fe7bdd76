"""Masks of COCO files as run lengths: of zeros and ones in turn, column by column, as numbers or as text.

pycocotools reads them too, but trusts them: runs that do not fill the mask lead it beyond its memory.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_BITS, _SIGN, _MORE = 0x1F, 0x10, 0x20


def box_of_runs(segmentation: dict[str, Any], image_size: tuple[float, float]) -> list[float]:
    """The box [x, y, width, height] around the ones of `{"size": [height, width], "counts": ...}`.

    Args:
        image_size: width and height that the mask has to have.

    Raises:
        ValueError, TypeError, KeyError: another size, runs that do not fill it, or no ones.
    """
    height, width = (int(length) for length in segmentation["size"])
    if (width, height) != tuple(image_size):
        raise ValueError(f"a mask of {width} x {height}")
    counts = segmentation["counts"]
    if isinstance(counts, str | bytes):
        counts = _counts_of_text(counts.encode() if isinstance(counts, str) else counts)
    runs = np.array(counts)
    if runs.dtype.kind not in "iu" or runs.ndim != 1 or (runs < 0).any() or runs.sum() != width * height:
        raise ValueError("runs that do not fill the mask")
    return _box(runs, height)


def _counts_of_text(text: bytes) -> list[int]:
    """The numbers of COCO's text, five bits to a character, lowest first; from the fourth on less the last but one."""
    counts: list[int] = []
    value = shift = 0
    for character in text:
        digit = character - 48
        if not 0 <= digit < 64 or shift > 60:
            raise ValueError("no text of run lengths")
        value |= (digit & _BITS) << shift
        shift += 5
        if digit & _MORE:
            continue
        if digit & _SIGN:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError("a cut text of run lengths")
    return counts


def _box(runs: NDArray[np.int64], height: int) -> list[float]:
    ends = np.cumsum(runs)[1::2]
    starts = ends - runs[1::2]
    starts, ends = starts[ends > starts], ends[ends > starts] - 1
    if len(starts) == 0:
        raise ValueError("an empty mask")
    left, right = starts // height, ends // height
    one_column = left == right
    top = int((starts % height).min()) if one_column.all() else 0
    bottom = int((ends % height).max()) if one_column.all() else height - 1
    return [float(left.min()), float(top), float(right.max() - left.min() + 1), float(bottom - top + 1)]
