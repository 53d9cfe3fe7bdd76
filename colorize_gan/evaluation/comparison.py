"""Colorizers side by side, with two that know no colors: every measure with an interval, and paired differences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from colorize_gan.color import luminance, replace_luminance
from colorize_gan.evaluation.color_metric import image_scores, set_measures
from colorize_gan.model import ColorizationGAN
from data.errors import UserError
from reporting.resampling import resample_weights

GRAY, MEAN = "gray copy", "mean chroma"
"""The two baselines: the gray image in all three channels, and one and the same chroma everywhere."""


class ConstantChroma(nn.Module):
    """A generator that adds the same chroma to every pixel.

    Args:
        chroma: (3,), R - Y, G - Y and B - Y, in [-1, 1]; zeros give the gray image back.
    """

    def __init__(self, chroma: Tensor) -> None:
        super().__init__()
        self.chroma: Tensor
        self.register_buffer("chroma", chroma.view(1, 3, 1, 1))

    def forward(self, gray: Tensor) -> Tensor:
        """(B, 1, H, W) in [0, 1] to (B, 3, H, W) in [0, 1], of the same luma."""
        return replace_luminance(gray + self.chroma, gray)


def mean_color_difference(batches: Iterable[dict]) -> Tensor:
    """The mean of R - Y, G - Y and B - Y over all pixels, (3,), of batches of uint8 RGB `inputs` (B, 3, H, W).

    Raises:
        UserError: there is no batch.
    """
    total, count = torch.zeros(3, dtype=torch.float64), 0
    for batch in batches:
        rgb = batch["inputs"].double() / 255
        total += (rgb - luminance(rgb)).mean((2, 3)).sum(0)
        count += len(rgb)
    if not count:
        raise UserError("no training image for the mean chroma: fewer than a batch? Give a smaller batch_size")
    return (total / count).float()


@torch.no_grad()
def measure(model: ColorizationGAN, batches: Iterable[dict]) -> tuple[list[dict], list[dict[str, Tensor]]]:
    """The `image_scores` of all images, and the predictions of the first batch on the CPU."""
    model.eval()
    scores: list[dict] = []
    first: list[dict[str, Tensor]] = []
    for batch in batches:
        samples = model.val_step(batch)
        scores += [image_scores(sample) for sample in samples]
        first = first or [{name: value.cpu() for name, value in sample.items()} for sample in samples]
    return scores, first


@dataclass(frozen=True)
class Estimate:
    """A value and the ends of its 95 % interval: 1.96 bootstrap standard errors to each side."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class ColorizerComparison:
    """`values[row][measure]`, and `differences[row, other][measure]`: row minus other on the same resamples."""

    values: dict[str, dict[str, Estimate]]
    differences: dict[tuple[str, str], dict[str, Estimate]]


def compare(rows: Mapping[str, Sequence[dict]], resamples: int = 200, seed: int = 0) -> ColorizerComparison:
    """Estimate the measures of every row and the differences of each row to those before it.

    Measures of the whole set (Fréchet and histogram distance) have a bias that grows as a set shrinks, and a resample
    has fewer different images than the set. Hence the intervals lie around the value of the set itself, and only the
    spread comes from the resamples.

    Args:
        rows: name to the `image_scores` of the same N images, baselines first.
        resamples: of the images, drawn with replacement.
    """
    count = len(next(iter(rows.values())))
    weights = resample_weights(range(count), resamples, seed)
    found = {name: set_measures(images) for name, images in rows.items()}
    drawn = {name: [set_measures(images, w) for w in tqdm(weights, desc=name)] for name, images in rows.items()}

    def estimate(value: float, samples: list[float]) -> Estimate:
        reach = 1.96 * float(np.std(samples, ddof=1))
        return Estimate(value, value - reach, value + reach)

    values = {
        name: {key: estimate(value, [sample[key] for sample in drawn[name]]) for key, value in found[name].items()}
        for name in rows
    }
    names = list(rows)
    differences = {
        (row, other): {
            key: estimate(
                value - found[other][key], [a[key] - b[key] for a, b in zip(drawn[row], drawn[other], strict=True)]
            )
            for key, value in found[row].items()
            if key in found[other]
        }
        for place, row in enumerate(names)
        for other in names[:place]
    }
    return ColorizerComparison(values, differences)
