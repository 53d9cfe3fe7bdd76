"""The colorizers that know no colors, by loops over pixels."""

import numpy as np
import torch

from colorize_gan.color import luminance
from colorize_gan.evaluation.baselines import GRAY, MEAN, ConstantChroma, baselines, mean_color_difference


def photographs(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 256, (count, 3, 12, 10), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def test_mean_color_by_a_loop():
    images = photographs(5)
    batches = [{"inputs": images[:3]}, {"inputs": images[3:]}]
    wanted = np.zeros(3)
    for image in images.double().numpy() / 255:
        for red, green, blue in image.reshape(3, -1).T:
            luma = 0.299 * red + 0.587 * green + 0.114 * blue
            wanted += np.array([red - luma, green - luma, blue - luma]) / (5 * 120)
    np.testing.assert_allclose(mean_color_difference(batches), wanted, atol=1e-6)


def test_constant_chroma_keeps_the_luma():
    gray = torch.rand(2, 1, 6, 5)
    torch.testing.assert_close(ConstantChroma(torch.zeros(3))(gray), gray.expand(-1, 3, -1, -1))
    chroma = torch.tensor([0.1, -0.04, -0.0563])
    colored = ConstantChroma(chroma)(gray)
    torch.testing.assert_close(luminance(colored), gray)
    inside = ((colored > 0) & (colored < 1)).all(1)
    shift = (colored - gray).movedim(1, -1)[inside]
    torch.testing.assert_close(shift, (chroma - (chroma * torch.tensor([0.299, 0.587, 0.114])).sum()).expand_as(shift))


def test_both_are_models_that_colorize():
    phi = {"type": "FeatureExtractor", "name": "resnet18", "weights": "random", "out_indices": (0,)}
    chroma = torch.tensor([0.1, -0.04, -0.0563])
    models = baselines({"type": "UNetGenerator", "encoder": "resnet18"}, phi, chroma)
    gray = torch.rand(1, 1, 6, 5)
    torch.testing.assert_close(models[GRAY].colorize(gray), gray.expand(-1, 3, -1, -1))
    torch.testing.assert_close(models[MEAN].colorize(gray), ConstantChroma(chroma)(gray))
