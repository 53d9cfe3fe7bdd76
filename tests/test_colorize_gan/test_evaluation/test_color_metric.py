"""Scores of known pictures."""

import math

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab
from skimage.metrics import peak_signal_noise_ratio
from torch.utils._python_dispatch import TorchDispatchMode

from colorize_gan.evaluation.color_histogram import ab_histograms, histogram_distance
from colorize_gan.evaluation.color_metric import (
    ColorizationMetric,
    ab_error,
    batches,
    colorfulness,
    critic_auc,
    image_scores,
    scores_of_batch,
    set_measures,
)
from colorize_gan.evaluation.frechet import frechet_distance


def random_rgb(seed: int) -> torch.Tensor:
    return torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(seed))


def slow_colorfulness(image: torch.Tensor) -> float:
    red, green, blue = (255 * image.double()).numpy()
    rg, yb = red - green, (red + green) / 2 - blue
    return math.sqrt(np.var(rg) + np.var(yb)) + 0.3 * math.sqrt(np.mean(rg) ** 2 + np.mean(yb) ** 2)


def test_colorfulness():
    image = random_rgb(0)
    gray = torch.full((3, 32, 32), 0.3)
    assert colorfulness(torch.stack([image, gray])).tolist() == pytest.approx([slow_colorfulness(image), 0], rel=1e-4)


def test_colorfulness_by_hand():
    # Pure red: rg = 255, yb = 127.5, no deviation: 0.3 * sqrt(255² + 127.5²).
    red = torch.zeros(1, 3, 4, 4)
    red[:, 0] = 1
    assert colorfulness(red).item() == pytest.approx(0.3 * 127.5 * math.sqrt(5), rel=1e-5)


def test_ab_error_ignores_lightness_only():
    image, other = random_rgb(1), random_rgb(2)
    labs = [rgb2lab(x.permute(1, 2, 0).double().numpy())[..., 1:] for x in (image, other)]
    wanted = np.linalg.norm(labs[0] - labs[1], axis=-1).mean()
    assert ab_error(image[None], other[None]).item() == pytest.approx(wanted, rel=1e-3)
    grays = torch.full((1, 3, 4, 4), 0.2), torch.full((1, 3, 4, 4), 0.9)
    assert ab_error(*grays).item() == pytest.approx(0, abs=0.05)


def test_metric_averages_over_images():
    truths, fakes = [random_rgb(3), random_rgb(4)], [random_rgb(5), random_rgb(4)]
    metric = ColorizationMetric()
    samples = [{"truth": truth, "colorized": fake} for truth, fake in zip(truths, fakes, strict=True)]
    metric.process(None, samples[:1])
    metric.process(None, samples[1:])
    scores = metric.evaluate(2)
    psnr = peak_signal_noise_ratio(truths[0].numpy(), fakes[0].numpy(), data_range=1.0)
    assert scores["color/psnr"] == pytest.approx((psnr + 100) / 2, rel=1e-4)
    assert 0.5 < scores["color/ssim"] < 0.6
    assert scores["color/ab_error"] == pytest.approx(ab_error(truths[0][None], fakes[0][None]).item() / 2)
    assert scores["color/colorfulness"] == pytest.approx(
        (slow_colorfulness(fakes[0]) + slow_colorfulness(fakes[1])) / 2
    )
    difference = abs(slow_colorfulness(truths[0]) - slow_colorfulness(fakes[0]))
    assert scores["color/colorfulness_difference"] == pytest.approx(difference / 2, rel=1e-3)
    histograms = [ab_histograms(torch.stack(images)).numpy() for images in (truths, fakes)]
    assert scores["color/ab_histogram_distance"] == pytest.approx(histogram_distance(*histograms))
    assert not {"color/frechet_distance", "color/critic_auc", "color/feature_distance"} & set(scores)


def judged_sample(seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    sample = {"truth": random_rgb(seed), "colorized": random_rgb(seed + 100), "feature_distance": torch.tensor(seed)}
    for side in ("truth", "colorized"):
        sample |= {f"{side}_features": torch.randn(5, generator=generator), f"{side}_logit": torch.randn(()) * 2}
    return sample


def test_what_networks_say_of_a_set():
    samples = [judged_sample(seed) for seed in range(9)]
    summary = set_measures(image_scores(samples))
    features = [torch.stack([s[f"{side}_features"] for s in samples]).numpy() for side in ("truth", "colorized")]
    assert summary["frechet_distance"] == pytest.approx(frechet_distance(*features), rel=1e-5)
    assert summary["feature_distance"] == 4
    pairs = [(a["truth_logit"] > b["colorized_logit"]).item() for a in samples for b in samples]
    assert summary["critic_auc"] == pytest.approx(sum(pairs) / 81)


class Counted(TorchDispatchMode):
    """Counts the operations, and those that wait for a number."""

    operations = waits = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.operations += 1
        self.waits += "_local_scalar_dense" in str(function)
        return function(*args, **(kwargs or {}))


def test_a_batch_is_measured_as_its_images_are():
    samples = [judged_sample(seed) for seed in range(8)]
    samples[3]["colorized"] = samples[3]["truth"]  # its PSNR is capped
    alone = [scores for sample in samples for scores in scores_of_batch([sample])]
    assert alone[3]["psnr"] == 100
    with Counted() as counted:
        together = scores_of_batch(samples)
    assert counted.operations < 400 and counted.waits == 0  # where one image takes 250 by itself
    for one, other in zip(alone, together, strict=True):
        assert one.keys() == other.keys() and one["features"].shape == (2, 5)
        for name in one:
            np.testing.assert_allclose(other[name], one[name], rtol=1e-5, atol=1e-5, err_msg=name)


def test_a_gpu_measures_neighbors_of_one_size_together():
    sizes = (4, 4, 6, 4, 4, 4)
    elsewhere = [{"truth": torch.empty(3, side, side, device="meta")} for side in sizes]
    assert [len(batch) for batch in batches(elsewhere)] == [2, 1, 3]
    assert [sample for batch in batches(elsewhere) for sample in batch] == elsewhere
    here = [{"truth": torch.empty(3, side, side)} for side in sizes]
    assert [len(batch) for batch in batches(here)] == [1] * 6


def test_weights_are_repetitions():
    images = image_scores([judged_sample(seed) for seed in range(5)])
    weights = np.array([0, 2, 1, 3, 1])
    repeated = [image for image, weight in zip(images, weights, strict=True) for _ in range(weight)]
    assert set_measures(images, weights) == pytest.approx(set_measures(repeated))
    assert set_measures(images, weights) != pytest.approx(set_measures(images))


def test_auc_of_the_critic():
    assert critic_auc(np.array([2.0, 3]), np.array([0.0, 1])) == 1
    assert critic_auc(np.array([0.0, 1]), np.array([2.0, 3])) == 0
    assert critic_auc(np.array([1.0, 1]), np.array([1.0, 0])) == 0.75
    assert critic_auc(np.array([1.0, 1]), np.array([1.0, 0]), np.array([1, 3])) == pytest.approx(0.875)
