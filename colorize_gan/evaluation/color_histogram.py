"""Which colors does a set of images have, and how far are two sets apart? Histograms of the a*b* plane."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorize_gan.color import rgb_to_lab

BIN = 10
"""Side of a bin in units of a* and b*, as in Zhang et al. (2016), Colorful Image Colorization, section 2.1."""
BINS = 23
"""Bins per axis: a* and b* from -115 to 115, which holds all of sRGB. Odd, so that gray is the middle of a bin: on the
edge of four, a tint that nobody sees would change all of a gray image."""


def ab_histograms(rgb: Tensor) -> Tensor:
    """Share of an image's pixels in each bin of the a*b* plane: RGB (B, 3, H, W) in [0, 1] to (B, BINS, BINS)."""
    return plane_histograms(rgb_to_lab(rgb)[:, 1:])


def plane_histograms(ab: Tensor) -> Tensor:
    """The same of a* and b*, (B, 2, H, W)."""
    cells = (ab / BIN + BINS / 2).floor().long().clamp(0, BINS - 1)
    index = (cells[:, 0] * BINS + cells[:, 1]).flatten(1)
    counts = ab.new_zeros(len(ab), BINS * BINS).scatter_add_(1, index, torch.ones_like(index, dtype=ab.dtype))
    return (counts / index.shape[1]).unflatten(1, (BINS, BINS))


def histogram_distance(
    real: NDArray[np.floating], fake: NDArray[np.floating], weights: NDArray[np.number] | None = None
) -> float:
    """Total variation of the pooled histograms of two sets: the share of the pixels' colors that would have to change.

    Args:
        real, fake: (N, ...) one histogram per image, each of sum 1.
        weights: (N,) how often each image counts; once if None.

    Returns:
        In [0, 1]; 0 is the same colors (not: in the same places).
    """
    pooled = [np.average(np.asarray(x, np.float64), axis=0, weights=weights) for x in (real, fake)]
    return float(np.abs(pooled[0] - pooled[1]).sum() / 2)
