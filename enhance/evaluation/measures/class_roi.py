"""The region that a class's images have in common. Paper 001 eq. (8) and fig. 9."""

from __future__ import annotations

import numpy as np

from enhance.evaluation.measures.roi import region_above


def class_sums(maps: np.ndarray, classes: np.ndarray, num_classes: int) -> np.ndarray:
    """The plain sum of the maps of each class's images, paper 001 eq. (8).

    A data set is summed batch by batch: add the results. The paper takes the images that are predicted correctly.

    Args:
        maps: (N, h, w), in the cells of the feature maps as in the paper, or up-sampled: the sum of up-sampled maps is
            the up-sampled sum.
        classes: (N,) int, in [0, num_classes).

    Returns:
        (num_classes, h, w) float64; zeros for a class without images.
    """
    sums = np.zeros((num_classes, *maps.shape[1:]))
    np.add.at(sums, classes, maps)
    return sums


def bounding_box(region: np.ndarray) -> tuple[int, int, int, int] | None:
    """The smallest box (x, y, width, height) in pixels around a region (H, W) bool; None if it is empty."""
    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    if not len(rows):
        return None
    x, y = int(columns[0]), int(rows[0])
    return x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y


def class_roi(total: np.ndarray, share: float = 0.7) -> tuple[np.ndarray, tuple[int, int, int, int] | None]:
    """The class-level region of interest: where the sum (H, W) is above `share` of its maximum.

    Returns:
        (H, W) bool, and its box (x, y, width, height), see `bounding_box`.
    """
    region = region_above(total, share)
    return region, bounding_box(region)
