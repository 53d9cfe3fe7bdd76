"""LPIPS and FID: the field's measures by networks whose published weights have to be downloaded once."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import torch
from mmengine.dist import all_gather_object, barrier, is_main_process
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log
from mmengine.registry import METRICS
from torch import Tensor, nn

from colorize_gan.evaluation.color_metric import batches
from colorize_gan.evaluation.frechet import frechet_distance


@METRICS.register_module()
class PretrainedMetric(BaseMetric):
    """`color/lpips` (Zhang et al. 2018, lower is nearer) and `color/fid` (Heusel et al. 2017) of colorized images.

    A measure whose network cannot be had (no network access, or no torch-fidelity for FID) is left out, and the log
    says so. FID depends on the number of images: compare values of equally many.

    Args:
        lpips: backbone of LPIPS, `"alex"`, `"vgg"` or `"squeeze"`; None leaves it out.
        fid: measure FID.
    """

    default_prefix = "color"

    def __init__(self, lpips: Literal["alex", "vgg", "squeeze"] | None = "alex", fid: bool = True) -> None:
        from torchmetrics.image.fid import NoTrainInceptionV3  # here: they load for seconds
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

        super().__init__()
        wanted: dict[str, Callable[[], nn.Module]] = {}
        if lpips is not None:
            wanted["lpips"] = lambda: LearnedPerceptualImagePatchSimilarity(lpips, normalize=True)
        if fid:
            wanted["fid"] = lambda: NoTrainInceptionV3("inception-v3-compat", ["2048"])
        self.networks = {name: network for name, build in wanted.items() if (network := _load(name, build)) is not None}

    @torch.no_grad()
    def process(self, data_batch: object, data_samples: Sequence[dict]) -> None:
        """Measure predictions of `ColorizationGAN.forward`."""
        for batch in batches(data_samples):
            pairs = [torch.stack([sample[key] for sample in batch]) for key in ("truth", "colorized")]
            truth, colorized = (images.float().clamp(0, 1) for images in pairs)
            found = {name: self._measure(name, truth, colorized) for name in self.networks}
            self.results += [{name: values[i] for name, values in found.items()} for i in range(len(batch))]

    def _measure(self, name: str, truth: Tensor, colorized: Tensor) -> np.ndarray:
        """The distances of LPIPS, (B,) or the features of FID, (B, 2, 2048)."""
        network: Any = self.networks[name].to(truth.device)
        if name == "fid":
            features = network((torch.cat([truth, colorized]) * 255).round().byte())
            return torch.stack(features.float().chunk(2), 1).cpu().numpy()
        return network.net(colorized, truth, normalize=True).flatten().cpu().numpy()

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Mean LPIPS over the images, FID of the set."""
        values = {name: np.stack([result[name] for result in results]) for name in self.networks}
        measures = {"lpips": lambda x: float(x.mean()), "fid": lambda x: frechet_distance(x[:, 0], x[:, 1])}
        return {name: measures[name](value) for name, value in values.items()}


def _load(name: str, build: Callable[[], nn.Module]) -> nn.Module | None:
    """The network, if all processes have it; the first one goes ahead, so that one download serves all."""
    network = _try(name, build) if is_main_process() else None
    barrier()
    network = network if is_main_process() else _try(name, build)
    return network if all(all_gather_object(network is not None)) else None


def _try(name: str, build: Callable[[], nn.Module]) -> nn.Module | None:
    try:
        return build().eval()
    except Exception as error:  # whatever a download or a missing package raises
        print_log(f"{name.upper()} is left out: {error}", "current", logging.WARNING)
        return None
