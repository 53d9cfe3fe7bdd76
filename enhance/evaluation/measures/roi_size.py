"""How much of an image does a map mark, and how are its scores distributed? Paper 001 table 3 and fig. 6."""

from __future__ import annotations

import numpy as np
import torch

from enhance.attention.base import normalize
from enhance.evaluation.measures.roi import region_above


def roi_sizes(maps: np.ndarray, share: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of each image's region of interest (`region_above`), and their share of the image.

    Args:
        maps: (N, H, W), at the size of the images (paper 001: 300 x 300).
        share: Of the maximum.

    Returns:
        (N,) int64 and (N,) float64 in [0, 1]; paper 001 table 3 has their means over the images of a class.
    """
    pixels = region_above(maps, share).sum((1, 2))
    return pixels, pixels / (maps.shape[1] * maps.shape[2])


def score_moments(maps: np.ndarray) -> np.ndarray:
    """Mean and mean square of each map's scores, scaled to [0, 1] by the map's own minimum and maximum.

    Args:
        maps: (N, H, W). A flat map has the scores 0.

    Returns:
        (N, 2) float64.
    """
    scores = _scaled(maps)
    return np.stack([scores.mean((1, 2)), (scores**2).mean((1, 2))], 1)


def pooled_mean_std(moments: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation (divided by the number) over all scores of maps of one size: fig. 6's normal curve.

    Args:
        moments: (N, 2), N at least 1, see `score_moments`.
    """
    mean, square = moments.mean(0)
    return float(mean), float(np.sqrt(max(square - mean**2, 0.0)))


def score_histograms(maps: np.ndarray, bins: int = 100) -> np.ndarray:
    """How many of each map's scaled scores fall into each of `bins` equal parts of [0, 1], (N, bins) int64.

    A bin has its lower edge, the last one also 1. Sum over the images for the distribution of a class.
    """
    parts = np.minimum((_scaled(maps) * bins).astype(np.int64), bins - 1).reshape(len(maps), -1)
    return np.stack([np.bincount(row, minlength=bins) for row in parts])


def _scaled(maps: np.ndarray) -> np.ndarray:
    return normalize(torch.from_numpy(maps.astype(np.float64)), "minmax").numpy()
