"""LPIPS and FID by stand-ins: no weights can be had in a test."""

import logging

import numpy as np
import pytest
import torch
from mmengine.logging import MMLogger
from torch import Tensor, nn

from colorize_gan.evaluation.frechet import frechet_distance
from colorize_gan.evaluation.pretrained_metric import PretrainedMetric


class Distance(nn.Module):
    """Stands in for LPIPS, whose network gives a distance for each image: the mean absolute difference."""

    def __init__(self, backbone: str, normalize: bool) -> None:
        super().__init__()
        assert backbone == "squeeze" and normalize

    def net(self, fake: Tensor, real: Tensor, normalize: bool) -> Tensor:
        assert fake.shape == real.shape and fake.shape[1:] == (3, 8, 8) and normalize
        return (fake - real).abs().mean((1, 2, 3), keepdim=True)


class Means(nn.Module):
    """Stands in for Inception-v3: the mean color on the scale 0..255."""

    def __init__(self, name: str, features: list[str]) -> None:
        super().__init__()

    def forward(self, images: Tensor) -> Tensor:
        assert images.dtype == torch.uint8
        return images.float().mean((2, 3))


def samples(count: int) -> list[dict[str, Tensor]]:
    generator = torch.Generator().manual_seed(0)
    return [{key: torch.rand(3, 8, 8, generator=generator) for key in ("truth", "colorized")} for _ in range(count)]


@pytest.mark.parametrize("together", [False, True])
def test_means_and_sets(together: bool, monkeypatch: pytest.MonkeyPatch):
    if together:  # as on a GPU
        monkeypatch.setattr("colorize_gan.evaluation.pretrained_metric.batches", lambda samples: [samples])
    monkeypatch.setattr("torchmetrics.image.lpip.LearnedPerceptualImagePatchSimilarity", Distance)
    monkeypatch.setattr("torchmetrics.image.fid.NoTrainInceptionV3", Means)
    metric, images = PretrainedMetric(lpips="squeeze"), samples(6)
    metric.process(None, images[:4])
    metric.process(None, images[4:])
    found = metric.evaluate(6)
    real, fake = (
        np.stack([(255 * image[key]).round().mean((1, 2)).numpy() for image in images])
        for key in ("truth", "colorized")
    )
    assert found["color/fid"] == pytest.approx(frechet_distance(real, fake), rel=1e-4)
    distances = [(image["truth"] - image["colorized"]).abs().mean().item() for image in images]
    assert found["color/lpips"] == pytest.approx(np.mean(distances), rel=1e-5)


def test_what_cannot_be_had_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> nn.Module:
        raise OSError("no network")

    monkeypatch.setattr("torchmetrics.image.lpip.LearnedPerceptualImagePatchSimilarity", fail)
    monkeypatch.setattr("torchmetrics.image.fid.NoTrainInceptionV3", Means)
    records: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: records.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    try:
        metric = PretrainedMetric()
    finally:
        logger.removeHandler(handler)
    assert records == ["LPIPS is left out: no network"]
    metric.process(None, samples(3))
    assert list(metric.evaluate(3)) == ["color/fid"]
    assert PretrainedMetric(lpips=None, fid=False).networks == {}
