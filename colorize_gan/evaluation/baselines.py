"""Two colorizers that know no colors: the floor that a trained one has to leave below it."""

from collections.abc import Iterable

import torch
from mmengine.registry import MODELS
from torch import Tensor, nn

from colorize_gan.color import luminance, replace_luminance
from colorize_gan.model import ColorizationGAN
from data.errors import UserError

GRAY, MEAN = "gray copy", "mean color"
"""The gray image in all three channels, and one and the same chroma everywhere."""


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
        raise UserError("no training image for the mean color: fewer than a batch? Give a smaller batch_size")
    return (total / count).float()


def baselines(generator: dict, feature_extractor: dict, chroma: Tensor) -> dict[str, ColorizationGAN]:
    """Both as models that are measured as a trained one: its φ, and a generator that adds one chroma everywhere.

    Args:
        generator, feature_extractor: configs of the trained one.
        chroma: (3,) of `mean_color_difference`.
    """
    config = {"type": "ColorizationGAN", "generator": generator, "feature_extractor": feature_extractor}
    models = {GRAY: MODELS.build(config), MEAN: MODELS.build(config)}
    models[GRAY].generator, models[MEAN].generator = ConstantChroma(torch.zeros(3)), ConstantChroma(chroma)
    return models
