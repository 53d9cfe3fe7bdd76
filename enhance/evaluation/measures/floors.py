"""Maps that know nothing of the image: the floor that a method has to leave below it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from enhance.attention.base import up_sample

MAP_STREAM = 2
"""Keeps the random map of an image apart from its noise (`enhance.evaluation.measures.perturbation`)."""


def random_maps(
    image_ids: Sequence[int], size: tuple[int, int], cells: tuple[int, int] = (7, 7), seed: int = 0
) -> Tensor:
    """A map of uniform random numbers for each image, which depends on the seed and the image's id alone.

    One number is drawn per cell of a feature map, and the map is up-sampled like those of a method. With one number per
    pixel, deletion would remove scattered pixels, which may disturb a network more than as many pixels in patches.

    Args:
        image_ids: (B,) at least 0.
        size: (H, W).
        cells: (h, w) of the feature maps; `size` itself gives one number per pixel.
        seed: Of the random numbers, together with the image's id.

    Returns:
        (B, H, W) float32 in [0, 1).
    """
    coarse = [np.random.default_rng((seed, i, MAP_STREAM)).random(cells, dtype=np.float32) for i in image_ids]
    return up_sample(torch.from_numpy(np.stack(coarse)), size)


def center_gaussian(size: tuple[int, int], sigma: float = 0.25) -> Tensor:
    """A Gaussian around the center of the image, for an image of any content.

    Args:
        size: (H, W).
        sigma: Standard deviation as a share of each side.

    Returns:
        (H, W) float32 in (0, 1].
    """
    rows, columns = (torch.exp(-0.5 * (((torch.arange(n) + 0.5) / n - 0.5) / sigma) ** 2) for n in size)
    return torch.outer(rows, columns)
