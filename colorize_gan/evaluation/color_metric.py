"""How near is the colorized image to the truth?"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, cast

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.registry import METRICS
from numpy.typing import NDArray
from torch import Tensor

from colorize_gan.color import rgb_to_lab
from colorize_gan.evaluation.color_histogram import histogram_distance, plane_histograms
from colorize_gan.evaluation.frechet import frechet_distance
from reporting.auc import weighted_auc


def ab_error(real: Tensor, fake: Tensor) -> Tensor:
    """Mean distance in the a*b* plane of CIE Lab: two RGB (B, 3, H, W) in [0, 1] to (B,); 0 is equal chroma."""
    return ab_distance(rgb_to_lab(real)[:, 1:], rgb_to_lab(fake)[:, 1:])


def ab_distance(real: Tensor, fake: Tensor) -> Tensor:
    """The same of a* and b*, (B, 2, H, W) each."""
    return torch.hypot(*(real - fake).unbind(1)).mean((1, 2))  # `norm` over two channels takes 100 times as long


def colorfulness(rgb: Tensor) -> Tensor:
    """Hasler & Suesstrunk (2003), (B, 3, H, W) RGB in [0, 1] to (B,): 0 is gray, 15 slightly, 59 quite, 109 extremely
    colorful.

    With rg = R - G and yb = (R + G) / 2 - B on the scale 0..255: `sqrt(σ_rg² + σ_yb²) + 0.3 sqrt(μ_rg² + μ_yb²)`.
    """
    red, green, blue = (255 * rgb).flatten(2).unbind(1)
    opponents = torch.stack([red - green, (red + green) / 2 - blue])
    return opponents.std(2, correction=0).norm(dim=0) + 0.3 * opponents.mean(2).norm(dim=0)


def critic_auc(
    real: NDArray[np.floating], fake: NDArray[np.floating], weights: NDArray[np.number] | None = None
) -> float:
    """Area under the ROC of D: the probability that a true image has a higher logit than a colorized one, ties ½.

    Args:
        real, fake: (N,) logits.
        weights: (N,) how often each image counts; once if None.
    """
    counts = np.ones(len(real)) if weights is None else np.asarray(weights)
    labels = np.repeat([1.0, 0.0], len(real))
    return float(weighted_auc(np.concatenate([real, fake]), labels, np.tile(counts, 2)[None])[0])


SETS = {
    "histogram": ("ab_histogram_distance", histogram_distance),
    "features": ("frechet_distance", frechet_distance),
    "logit": ("critic_auc", critic_auc),
}
"""What `image_scores` gives of the truth and of the colorized image, and the measure of the whole set made of it."""


def batches(samples: Sequence[dict[str, Tensor]]) -> Iterator[list[dict[str, Tensor]]]:
    """Predictions that are measured together, in their order: on a GPU neighbors of one size, on a CPU each alone.

    A GPU waits for hundreds of small operations an image. On a CPU they take as long for one image as in a batch, and
    at 256 px four times as long in one of 32, whose intermediate images leave its caches.
    """
    for (_, on_cpu), alike in groupby(samples, lambda sample: (sample["truth"].shape, sample["truth"].is_cpu)):
        batch = list(alike)
        yield from ([sample] for sample in batch) if on_cpu else [batch]


def image_scores(samples: Sequence[dict[str, Tensor]]) -> list[dict[str, float | NDArray[np.float32]]]:
    """Measure predictions of `ColorizationGAN.forward`; a GPU is read once for each of the `batches`.

    The reference is the float truth itself, not a JPEG or a rounded copy of it. PSNR is capped at 100 dB.

    Returns:
        Of each image scores, and a pair (2, ...) truth and colorized for `SETS`.
    """
    return [scores for batch in batches(samples) for scores in scores_of_batch(batch)]


def scores_of_batch(samples: Sequence[dict[str, Tensor]]) -> list[dict[str, float | NDArray[np.float32]]]:
    """`image_scores` of predictions of one size, at once."""
    from torchmetrics.functional import image  # here: it loads for seconds

    columns = {name: torch.stack([sample[name] for sample in samples]).float() for name in samples[0] if name != "gray"}
    real, fake = columns["truth"], columns["colorized"]
    each: Any = {"data_range": 1.0, "reduction": "none"}
    planes = rgb_to_lab(torch.cat([real, fake]))[:, 1:]
    found = colorfulness(fake)
    scores = {
        "psnr": image.peak_signal_noise_ratio(fake, real, dim=(1, 2, 3), **each).clamp(max=100),
        "ssim": cast(Tensor, image.structural_similarity_index_measure(fake, real, **each)),
        "ab_error": ab_distance(*planes.chunk(2)),
        "colorfulness": found,
        "colorfulness_difference": (found - colorfulness(real)).abs(),
    }
    if "feature_distance" in columns:
        scores["feature_distance"] = columns["feature_distance"]
    pairs = {"histogram": torch.stack(plane_histograms(planes).chunk(2), 1)}
    for name in SETS:
        if f"truth_{name}" in columns:
            pairs[name] = torch.stack([columns[f"truth_{name}"], columns[f"colorized_{name}"]], 1)
    values = scores | pairs
    table = torch.cat([value.reshape(len(samples), -1) for value in values.values()], 1).cpu().numpy()
    parts = np.split(table, np.cumsum([value[0].numel() for value in values.values()])[:-1], 1)
    shaped = {name: part.reshape(value.shape) for (name, value), part in zip(values.items(), parts, strict=True)}
    return [
        {name: float(value[i]) if name in scores else value[i] for name, value in shaped.items()}
        for i in range(len(samples))
    ]


def set_measures(images: Sequence[dict], weights: NDArray[np.number] | None = None) -> dict[str, float]:
    """Measures of a set from the `image_scores` of its images.

    Args:
        images: N of them, all with the same entries.
        weights: (N,) how often each image counts, e.g. in a bootstrap resample; once if None.

    Returns:
        The means of the scores; `ab_histogram_distance`; `frechet_distance` of the features (see `frechet.py`);
        `critic_auc`, how well D tells the truth from colorized images: 1 always, 0.5 by chance.
    """
    means = [name for name in images[0] if name not in SETS]
    summary = {name: float(np.average([image[name] for image in images], weights=weights)) for name in means}
    pairs = {name: np.stack([image[name] for image in images], 1) for name in SETS if name in images[0]}
    for name, (real, fake) in pairs.items():
        measure, function = SETS[name]
        summary[measure] = function(real, fake, weights)
    return summary


@METRICS.register_module()
class ColorizationMetric(BaseMetric):
    """The measures of `set_measures` over the validation images, as `color/...`."""

    default_prefix = "color"

    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Measure predictions of `ColorizationGAN.forward`."""
        self.results += image_scores(data_samples)

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """The measures of the set."""
        return set_measures(results)
