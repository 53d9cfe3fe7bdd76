"""An image's pixels are replaced step by step in the order of a map, and a class's probability is watched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from data.errors import UserError
from enhance.attention.base import class_probabilities
from training.eval_mode import evaluating

Predict = Callable[[Tensor], Tensor]
"""Images (N, C, H, W) to probabilities (N, L)."""


def predictor(classifier: Any) -> Predict:
    """The probabilities of a classifier in eval mode, without gradients, in full precision."""

    def predict(images: Tensor) -> Tensor:
        with torch.no_grad(), evaluating(classifier), torch.autocast(images.device.type, enabled=False):
            return class_probabilities(classifier, classifier.head(classifier.extract_feat(images)))

    return predict


def correctly_predicted(probabilities: Tensor, labels: Tensor, targets: Tensor, threshold: float | None) -> Tensor:
    """Which images have their target class and are predicted to have it.

    Args:
        probabilities: (N, L).
        labels: (N, L), 1 where the class is known to be there.
        targets: (N,) int.
        threshold: The least probability of a predicted class, for a sigmoid. None, for a softmax: the target has to be
            the most probable class of all.

    Returns:
        (N,) bool.
    """
    of_target = probabilities.gather(1, targets[:, None])[:, 0]
    predicted = of_target >= (probabilities.amax(1) if threshold is None else threshold)
    return (labels.gather(1, targets[:, None])[:, 0] == 1) & predicted


def descending_ranks(relevance: Tensor) -> Tensor:
    """The place of every value in its row, 0 for the highest; among equal values the lower index comes first.

    Args:
        relevance: (B, R).

    Returns:
        (B, R) int64.

    Raises:
        UserError: A value is not finite.
    """
    if not relevance.isfinite().all():
        raise UserError("the maps have values that are not finite: these have no place in an order")
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
