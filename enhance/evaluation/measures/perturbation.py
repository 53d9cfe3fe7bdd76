"""Does noise on the regions that a map calls relevant lower the class's probability? Paper 004 §2.4 and §3.4."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor

from enhance.evaluation.measures.replacement import Predict, descending_ranks, replacement_curves

NOISE_STREAM = 1
"""Keeps the noise of an image apart from its random map (`enhance.evaluation.measures.floors`)."""


def region_ranks(maps: Tensor, region: int = 34, least_first: bool = False) -> tuple[Tensor, int]:
    """Cut maps into square regions and put these in the order of their relevance, the mean of the map in the region.

    The grid starts at the upper left corner; the regions at the right and lower edges are smaller where the side is no
    multiple of `region`. Equally relevant regions keep their order, row by row.

    Args:
        maps: (B, H, W).
        region: Side of a region in pixels.
        least_first: The least relevant region comes first.

    Returns:
        The place 0 .. L - 1 of each pixel's region, (B, H, W) int64, and L.
    """
    # In float64 the sum over a flat region of a float32 map is exact, so that equal regions are equal.
    means = nnf.avg_pool2d(maps[:, None].double(), region, ceil_mode=True)[:, 0]
    relevance = means.flatten(1)
    ranks = descending_ranks(-relevance if least_first else relevance).reshape(means.shape)
    rows, columns = (torch.arange(side, device=maps.device) // region for side in maps.shape[1:])
    return ranks[:, rows][:, :, columns], relevance.shape[1]


def image_noise(shape: Sequence[int], image_ids: Sequence[int], std: float = 0.1, seed: int = 0) -> Tensor:
    """Noise N(0, std^2) of `shape` for each image, which depends on the seed and the image's id (at least 0) alone.

    Returns:
        (B, *shape) float32.
    """
    fields = [np.random.default_rng((seed, i, NOISE_STREAM)).normal(0.0, std, tuple(shape)) for i in image_ids]
    return torch.from_numpy(np.array(fields, dtype=np.float32).reshape(-1, *shape))


def perturbation_curves(
    predict: Predict,
    images: Tensor,
    noise: Tensor,
    maps: Tensor,
    targets: Tensor,
    region: int = 34,
    batch_size: int = 64,
    of_images: Tensor | None = None,
) -> dict[str, Tensor]:
    """The probability f(x^(k)) of each image's class with noise on its first k regions, k = 0 .. L, by several maps.

    The noise adds up over the regions. Each image has one field of noise, of which a region takes its part: all maps
    and both orders see the same noise. Paper 004 states no clipping, so values may leave [0, 1]. It perturbs the
    original X-rays: where these are larger than the network's input, let `predict` resize. It counts only the images
    that are predicted correctly: give only these (`enhance.evaluation.measures.replacement.correctly_predicted`).

    Args:
        predict: Images (N, C, H, W) to probabilities (N, L).
        images: (B, C, H, W), float in [0, 1].
        noise: (B, C, H, W), see `image_noise`.
        maps: (B, S, H, W), S maps of each image.
        targets: (B,) int, the predicted class of each image.
        region: Side of a region in pixels.
        batch_size: Perturbed images that are predicted at once.
        of_images: (B,) f(x^(0)), where it is known.

    Returns:
        "morf", most relevant first, and "lerf", least relevant first, which is MoRF of the negated map: (B, S, L + 1)
        float64, on the CPU.
    """
    flat = maps.flatten(0, 1)
    most, regions = region_ranks(flat, region)
    least, _ = region_ranks(flat, region, least_first=True)
    ranks = torch.cat([most.reshape(maps.shape), least.reshape(maps.shape)], 1)
    counts = torch.arange(regions + 1)
    curves = replacement_curves(predict, images, images + noise, ranks, counts, targets, batch_size, of_images)
    return dict(zip(("morf", "lerf"), curves.chunk(2, 1), strict=True))


def aopc_by_step(curves: Tensor) -> Tensor:
    """Area over the perturbation curve of each image after k steps, 1 / (k + 1) sum_{j=1..k} [f(x^(0)) - f(x^(j))].

    Args:
        curves: (..., L + 1), see `perturbation_curves`.

    Returns:
        (..., L + 1); its mean over the images is paper 004 fig. 8.
    """
    fall = (curves[..., :1] - curves).cumsum(-1)
    return fall / torch.arange(1, curves.shape[-1] + 1, device=curves.device)


def aopc(curves: Tensor) -> Tensor:
    """Area over each perturbation curve (..., L + 1), (...); its mean over the images is paper 004 eq. (2).

    High is good for MoRF, low for LeRF.
    """
    return aopc_by_step(curves)[..., -1]
