"""Colorizers side by side: every measure with an interval, and paired differences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from colorize_gan.evaluation.color_metric import image_scores, set_measures
from colorize_gan.model import ColorizationGAN
from reporting.estimate import Estimate
from reporting.resampling import resample_weights


@torch.no_grad()
def measure(model: ColorizationGAN, batches: Iterable[dict]) -> tuple[list[dict], list[dict[str, Tensor]]]:
    """The `image_scores` of all images, and the predictions of the first batch on the CPU."""
    model.eval()
    scores: list[dict] = []
    first: list[dict[str, Tensor]] = []
    for batch in batches:
        samples = model.val_step(batch)
        scores += image_scores(samples)
        first = first or [{name: value.cpu() for name, value in sample.items()} for sample in samples]
    return scores, first


@dataclass(frozen=True)
class ColorizerComparison:
    """`values[row][measure]`, and `differences[row, other][measure]`: row minus other on the same resamples."""

    values: dict[str, dict[str, Estimate]]
    differences: dict[tuple[str, str], dict[str, Estimate]]


def compare(rows: Mapping[str, Sequence[dict]], resamples: int = 200, seed: int = 0) -> ColorizerComparison:
    """Estimate the measures of every row and the differences of each row to those before it.

    Measures of the whole set (Fréchet and histogram distance) have a bias that grows as a set shrinks, and a resample
    has fewer different images than the set. Hence the method "normal": intervals around the value of the set itself.

    Args:
        rows: name to the `image_scores` of the same N images, baselines first.
        resamples: of the images, drawn with replacement.
    """
    count = len(next(iter(rows.values())))
    weights = resample_weights(range(count), resamples, seed)
    values = {name: _estimates(images, tqdm(weights, desc=name)) for name, images in rows.items()}
    names = list(rows)
    differences = {
        (row, other): {key: mine - values[other][key] for key, mine in values[row].items() if key in values[other]}
        for place, row in enumerate(names)
        for other in names[:place]
    }
    return ColorizerComparison(values, differences)


def _estimates(images: Sequence[dict], weights: Iterable[np.ndarray]) -> dict[str, Estimate]:
    """The measures of a set and of its resamples, of weights (R, N)."""
    found, drawn = set_measures(images), [set_measures(images, row) for row in weights]
    return {key: Estimate(np.array(value), np.array([sample[key] for sample in drawn])) for key, value in found.items()}


def is_clear(estimate: Estimate) -> bool:
    """Whether the interval of one statistic leaves out 0."""
    low, high = estimate.interval("normal")
    return bool(low > 0 or high < 0)
