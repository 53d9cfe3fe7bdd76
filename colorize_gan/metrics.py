"""How near is the colorized image to the truth?"""

from collections.abc import Sequence
from typing import cast

import torch
from mmengine.evaluator import BaseMetric
from mmengine.registry import METRICS
from torch import Tensor
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from colorize_gan.color import rgb_to_lab


def ab_error(real: Tensor, fake: Tensor) -> Tensor:
    """Mean distance in the a*b* plane of CIE Lab: two RGB (B, 3, H, W) in [0, 1] to (B,); 0 is equal chroma."""
    difference = rgb_to_lab(real)[:, 1:] - rgb_to_lab(fake)[:, 1:]
    return difference.norm(dim=1).mean((1, 2))


def colorfulness(rgb: Tensor) -> Tensor:
    """Hasler & Suesstrunk (2003), (B, 3, H, W) RGB in [0, 1] to (B,): 0 is gray, 15 slightly, 59 quite, 109 extremely
    colorful.

    With rg = R - G and yb = (R + G) / 2 - B on the scale 0..255: `sqrt(σ_rg² + σ_yb²) + 0.3 sqrt(μ_rg² + μ_yb²)`.
    """
    red, green, blue = (255 * rgb).flatten(2).unbind(1)
    opponents = torch.stack([red - green, (red + green) / 2 - blue])
    return opponents.std(2, correction=0).norm(dim=0) + 0.3 * opponents.mean(2).norm(dim=0)


@METRICS.register_module()
class ColorizationMetric(BaseMetric):
    """PSNR (dB), SSIM, ab error, colorfulness of the result and its absolute difference to the truth's; means over
    the images.

    The reference is the float truth itself, not a JPEG or a rounded copy of it. PSNR is averaged over images, each
    capped at 100 dB.
    """

    default_prefix = "color"

    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Score predictions of `ColorizationGAN.forward`: dicts with `colorized` and `truth`, (3, H, W) in [0, 1]."""
        for sample in data_samples:
            fake, real = (sample[key][None].float() for key in ("colorized", "truth"))
            found = colorfulness(fake)
            scores = {
                "psnr": peak_signal_noise_ratio(fake, real, data_range=1.0).clamp(max=100),
                "ssim": cast(Tensor, structural_similarity_index_measure(fake, real, data_range=1.0)),
                "ab_error": ab_error(real, fake),
                "colorfulness": found,
                "colorfulness_difference": (found - colorfulness(real)).abs(),
            }
            self.results.append({name: float(score) for name, score in scores.items()})

    def compute_metrics(self, results: list[dict[str, float]]) -> dict[str, float]:
        """The mean of every score over the images."""
        return {name: sum(result[name] for result in results) / len(results) for name in results[0]}
