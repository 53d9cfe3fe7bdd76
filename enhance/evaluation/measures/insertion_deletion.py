"""Insertion and deletion: the probability while pixels come or go, most relevant first (Petsiuk et al. 2018, RISE)."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import gaussian_blur

from data.errors import UserError
from enhance.evaluation.measures.replacement import Predict, descending_ranks, replacement_curves


def deletion_curves(
    predict: Predict,
    images: Tensor,
    maps: Tensor,
    targets: Tensor,
    steps: int = 224,
    batch_size: int = 64,
    of_images: Tensor | None = None,
) -> Tensor:
    """The probability of each image's class while its pixels turn black, most relevant first; see `pixel_curves`.

    A good map has a small `area`.

    Departure: RISE's code sets the normalized image to 0, its mean color; here 0 is the black of an image in [0, 1].
    """
    return pixel_curves(predict, images, torch.zeros_like(images), maps, targets, steps, batch_size, of_images)


def insertion_curves(
    predict: Predict,
    images: Tensor,
    maps: Tensor,
    targets: Tensor,
    steps: int = 224,
    batch_size: int = 64,
    of_images: Tensor | None = None,
) -> Tensor:
    """The same while the pixels of a blurred image become the image's, see `blurred`. A good map has a large `area`."""
    return pixel_curves(predict, blurred(images), images, maps, targets, steps, batch_size, of_end=of_images)


def blurred(images: Tensor) -> Tensor:
    """Images (B, C, H, W) without their detail: 11 x 11 kernel, sigma 5, as RISE's code.

    Departure: RISE's code pads with 0; here the image is reflected, which draws no dark frame. The sides must be at
    least 6 pixels.
    """
    return gaussian_blur(images, [11, 11], [5.0, 5.0])


def pixel_curves(
    predict: Predict,
    start: Tensor,
    end: Tensor,
    maps: Tensor,
    targets: Tensor,
    steps: int,
    batch_size: int = 64,
    of_start: Tensor | None = None,
    of_end: Tensor | None = None,
) -> Tensor:
    """The probability of each image's class while the pixels of `start` become those of `end`, most relevant first.

    Pixels with equal values go row by row.

    Args:
        predict: Images (N, C, H, W) to probabilities (N, L).
        start, end: (B, C, H, W), float in [0, 1].
        maps: (B, S, H, W), S maps of each image.
        targets: (B,) int, the predicted class of each image.
        steps: Into how many steps the pixels are divided; RISE's 224 x 224 pixels go in 224.
        batch_size: Images that are predicted at once.
        of_start, of_end: (B,) the probabilities of `start` and `end`, where they are known.

    Returns:
        (B, S, steps + 1) float64, on the CPU.
    """
    ranks = descending_ranks(maps.flatten(0, 1).flatten(1)).reshape(maps.shape)
    counts = replaced_pixels(maps.shape[2] * maps.shape[3], steps)
    return replacement_curves(predict, start, end, ranks, counts, targets, batch_size, of_start, of_end)


def replaced_pixels(pixels: int, steps: int) -> Tensor:
    """How many pixels are replaced after 0 .. `steps` steps, (steps + 1,) int64, in steps as equal as can be."""
    if not 1 <= steps <= pixels:
        raise UserError(f"steps must be from 1 to the {pixels} pixels of the image, got {steps}")
    return torch.arange(steps + 1) * pixels // steps


def area(curves: Tensor) -> Tensor:
    """Area under curves (..., steps + 1) over the share of replaced pixels, by trapezoids of equal width: (...)."""
    return torch.trapezoid(curves, dim=-1) / (curves.shape[-1] - 1)
