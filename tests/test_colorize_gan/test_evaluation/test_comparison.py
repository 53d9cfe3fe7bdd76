"""Estimates of colorizers against a loop over resamples."""

import numpy as np
import pytest
import torch
from mmengine.registry import MODELS

from colorize_gan.color import luminance
from colorize_gan.evaluation.baselines import ConstantChroma
from colorize_gan.evaluation.color_metric import image_scores, set_measures
from colorize_gan.evaluation.comparison import compare, is_clear, measure
from reporting.resampling import resample_weights

RNG = np.random.default_rng(0)


def photographs(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 256, (count, 3, 12, 10), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def test_measure_keeps_order_and_the_first_batch():
    model = MODELS.build({"type": "ColorizationGAN", "generator": {"type": "UNetGenerator", "encoder": "resnet18"}})
    model.generator = ConstantChroma(torch.zeros(3))
    images = photographs(5)
    scores, first = measure(model, [{"inputs": images[:2]}, {"inputs": images[2:]}])
    assert len(scores) == 5 and len(first) == 2
    for image, score in zip(images.float() / 255, scores, strict=True):
        sample = {"truth": image, "colorized": luminance(image[None])[0].expand(3, -1, -1)}
        assert score["ab_error"] == pytest.approx(image_scores([sample])[0]["ab_error"])


def scored(count: int, shift: float, logits: bool) -> list[dict]:
    images = []
    for index in range(count):
        histogram = RNG.dirichlet(np.ones(4), 2)
        image = {"psnr": index + shift, "histogram": histogram, "features": RNG.normal(shift, 1, (2, 3))}
        images.append(image | ({"logit": RNG.normal(size=2)} if logits else {}))
    return images


def test_estimates_by_a_loop_over_resamples():
    rows = {"gray copy": scored(8, 0, False), "a": scored(8, 1, True), "b": scored(8, 3, True)}
    found = compare(rows, resamples=40, seed=5)
    weights = resample_weights(range(8), 40, 5)
    for key in ("psnr", "ab_histogram_distance", "frechet_distance", "critic_auc"):
        a, b = ([set_measures(rows[name], w)[key] for w in weights] for name in "ab")
        value = set_measures(rows["b"])[key]
        estimate = found.values["b"][key]
        low, high = estimate.interval("normal")
        assert estimate.value == pytest.approx(value)
        assert high - value == pytest.approx(value - low)
        assert high - value == pytest.approx(1.96 * np.std(b, ddof=1))
        difference = found.differences["b", "a"][key]
        assert difference.value == pytest.approx(value - set_measures(rows["a"])[key])
        reach = difference.interval("normal")[1] - difference.value
        assert reach == pytest.approx(1.96 * np.std(np.subtract(b, a), ddof=1))
    assert list(found.differences) == [("a", "gray copy"), ("b", "gray copy"), ("b", "a")]
    assert "critic_auc" not in found.differences["b", "gray copy"]
    # The same images, each two better: nothing varies.
    psnr = found.differences["b", "a"]["psnr"]
    assert is_clear(psnr) and psnr.interval("normal") == pytest.approx([2, 2])
