"""Does a map find the lesions? Its energy in their boxes, its highest point, the overlap of its region."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from enhance.evaluation.measures.roi import Box, box_mask, region_above


def energy_in_boxes(attention: np.ndarray, boxes: Iterable[Box]) -> tuple[float, float]:
    """Share of the map's energy inside the boxes, and the boxes' share of the area: equal for a map without knowledge.

    Args:
        attention: (H, W), at least 0.
        boxes: (x, y, width, height) in pixels of the map.

    Returns:
        (energy share, area share), both in [0, 1]; a zero map has the energy share 0.
    """
    mask = box_mask(attention.shape, boxes)
    total = float(attention.sum(dtype=np.float64))
    return (float((attention * mask).sum()) / total if total > 0 else 0.0), float(mask.mean())


def pointing_game(attention: np.ndarray, boxes: Sequence[Box], tolerance: float = 0.0) -> float:
    """Whether the highest point of the map lies in a box (Zhang et al. 2016, Excitation Backprop).

    The point is the center of the highest pixel. Where several pixels are equally high, the share of them that hit
    counts, so that a flat map hits as often as a pixel drawn by chance.

    Args:
        attention: (H, W).
        boxes: (x, y, width, height) in pixels of the map.
        tolerance: A point at most this far from a box hits too, in pixels; Zhang et al. take 15.

    Returns:
        1 or 0, or between them where pixels tie. 0 for a map without a positive value, which points nowhere.
    """
    top = attention.max()
    if not top > 0:
        return 0.0
    rows, columns = np.nonzero(attention == top)
    hit = np.zeros(len(rows), dtype=bool)
    for x, y, width, height in boxes:
        across = np.abs(columns + 0.5 - (x + width / 2)) - width / 2
        down = np.abs(rows + 0.5 - (y + height / 2)) - height / 2
        hit |= np.hypot(across.clip(0), down.clip(0)) <= tolerance
    return float(hit.mean())


def iou_with_boxes(attention: np.ndarray, boxes: Sequence[Box], share: float = 0.2) -> float:
    """Intersection over union of the map's region of interest and the union of the boxes.

    Args:
        attention: (H, W).
        boxes: (x, y, width, height) in pixels of the map; a pixel that a box covers in part counts in part.
        share: The region is where the map is above this share of its maximum, see `region_above`.

    Returns:
        In [0, 1]; 0 for an empty region or no box.
    """
    region, mask = region_above(attention, share), box_mask(attention.shape, boxes)
    union = np.maximum(region, mask).sum()
    return float(np.minimum(region, mask).sum() / union) if union > 0 else 0.0
