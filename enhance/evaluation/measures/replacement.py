"""An image's pixels are replaced step by step in the order of a map, and a class's probability is watched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from data.errors import UserError
from enhance.attention.base import class_probabilities
from training.eval_mode import evaluating
from training.mixed_precision import autocast

Predict = Callable[[Tensor], Tensor]
"""Images (N, C, H, W) to probabilities (N, L)."""


def predictor(classifier: Any, amp: bool = False) -> Predict:
    """The probabilities of a classifier in eval mode, without gradients, float32 or float64 as its weights are.

    Args:
        amp: Compute the logits in mixed precision, see `training.mixed_precision.autocast`.
    """

    def predict(images: Tensor) -> Tensor:
        with torch.no_grad(), evaluating(classifier):
            with autocast(images.device, amp):
                logits = classifier.head(classifier.extract_feat(images))
            return class_probabilities(classifier, logits.float() if amp else logits)

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
    of_images: Tensor | None = None,
    of_replacements: Tensor | None = None,
) -> Tensor:
    """The probability of each image's class while more and more of its pixels are replaced, in several orders.

    A version of an image that several orders share is predicted once. The versions of all images are made and
    predicted `batch_size` at a time; none is kept.

    Args:
        predict: See `Predict`.
        images, replacements: (B, C, H, W), what a pixel is before and after.
        ranks: (B, S, H, W) int, when a pixel is replaced in each of S orders.
        counts: (K,) int; version k of an image has every pixel of a rank below `counts[k]` replaced.
        targets: (B,) int, the class that is watched.
        of_images, of_replacements: (B,) the probabilities before the first and after the last pixel, where they are
            known; else these are predicted too.

    Returns:
        (B, S, K) float64, on the CPU.
    """
    counts, targets = counts.to(images.device), targets.to(images.device)
    values = torch.zeros(len(images), ranks.shape[1], len(counts), dtype=torch.float64, device=images.device)
    if not len(images):
        return values.cpu()
    first = torch.stack([first_alike(own, counts) for own in ranks])
    missing = first == torch.arange(ranks.shape[1], device=images.device)[:, None]
    for known, there in ((of_images, counts <= 0), (of_replacements, counts > ranks.max())):
        if known is not None:
            values[:, :, there] = known[:, None, None].to(values)
            missing[:, :, there] = False
    for chunk in missing.nonzero().split(batch_size):
        image, order, step = chunk.unbind(1)
        replaced = ranks[image, order] < counts[step, None, None]
        probabilities = predict(torch.where(replaced[:, None], replacements[image], images[image]))
        values[image, order, step] = probabilities.gather(1, targets[image, None])[:, 0].double()
    return values.gather(1, first).cpu()


def first_alike(ranks: Tensor, counts: Tensor) -> Tensor:
    """For every order and count, the first of the orders that replaces the same pixels as this one.

    Args:
        ranks: (S, H, W) int, when a pixel is replaced.
        counts: (K,) int; the pixels of a rank below are replaced.

    Returns:
        (S, K) int64, in [0, S).
    """
    flat = ranks.flatten(1).long()
    first = torch.arange(len(flat), device=flat.device)[:, None].repeat(1, len(counts))
    for order in range(1, len(flat)):
        # A pixel is replaced by one of two orders alone at the counts above its lower and up to its higher rank.
        low, high = torch.minimum(flat[:order], flat[order]), torch.maximum(flat[:order], flat[order])
        change = flat.new_zeros(order, max(int(flat.max()), int(counts.max())) + 2)
        one = torch.ones_like(low)
        apart = change.scatter_add(1, low + 1, one).scatter_add(1, high + 1, -one).cumsum(1)[:, counts]
        alike = apart == 0
        first[order] = torch.where(alike.any(0), alike.int().argmax(0), order)
    return first
