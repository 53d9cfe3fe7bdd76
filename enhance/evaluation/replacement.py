"""An image's pixels are replaced step by step in the order of a map, and a class's probability is watched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from enhance.classifier import evaluating

Predict = Callable[[Tensor], Tensor]
"""Images (N, C, H, W) to probabilities (N, L)."""


def predictor(classifier: Any) -> Predict:
    """The probabilities of a classifier in eval mode, without gradients, in full precision."""

    def predict(images: Tensor) -> Tensor:
        with torch.no_grad(), evaluating(classifier), torch.autocast(images.device.type, enabled=False):
            return classifier.probabilities(classifier.head(classifier.extract_feat(images)))

    return predict


def correctly_predicted(probabilities: Tensor, labels: Tensor, threshold: float = 0.0) -> Tensor:
    """Which images are predicted correctly: the most probable class is one of the image's own.

    Args:
        probabilities: (N, L).
        labels: (N, L), 1 where the class is known to be there (one a row for a softmax).
        threshold: The class must have at least this probability too: 0.5 for a sigmoid, where no class may be there.

    Returns:
        (N,) bool; the class itself is `probabilities.argmax(1)`.
    """
    top, predicted = probabilities.max(1)
    return (labels.gather(1, predicted[:, None])[:, 0] == 1) & (top >= threshold)


def descending_ranks(relevance: Tensor) -> Tensor:
    """The place of every value in its row, 0 for the highest; among equal values the lower index comes first.

    Args:
        relevance: (B, R).

    Returns:
        (B, R) int64.

    Raises:
        ValueError: A value is not finite.
    """
    if not relevance.isfinite().all():
        raise ValueError("the maps have values that are not finite: these have no place in an order")
    return relevance.argsort(dim=1, descending=True, stable=True).argsort(1)


def replacement_curves(
    predict: Predict,
    images: Tensor,
    replacements: Tensor,
    ranks: Tensor,
    counts: Tensor,
    targets: Tensor,
    batch_size: int = 64,
) -> Tensor:
    """The probability of each image's class while more and more of its pixels are replaced.

    The versions of all images are made and predicted `batch_size` at a time; none is kept.

    Args:
        predict: See `Predict`.
        images, replacements: (B, C, H, W), what a pixel is before and after.
        ranks: (B, H, W) int, when a pixel is replaced.
        counts: (S,) int; version s of an image has every pixel of a rank below `counts[s]` replaced.
        targets: (B,) int, the class that is watched.

    Returns:
        (B, S) float64, on the CPU.
    """
    counts, targets = counts.to(images.device), targets.to(images.device)
    versions = torch.arange(len(images) * len(counts), device=images.device)
    values = []
    for chunk in versions.split(batch_size):
        image, step = chunk // len(counts), chunk % len(counts)
        replaced = ranks[image] < counts[step, None, None]
        probabilities = predict(torch.where(replaced[:, None], replacements[image], images[image]))
        values.append(probabilities.gather(1, targets[image, None])[:, 0].double().cpu())
    return torch.cat(values).reshape(len(images), len(counts))
