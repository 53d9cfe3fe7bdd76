"""Histograms of the a*b* plane against NumPy's, and their distance by hand."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from colorize_gan.evaluation.color_histogram import BIN, BINS, ab_histograms, histogram_distance


def test_agrees_with_numpy():
    images = torch.rand(3, 3, 24, 17, generator=torch.Generator().manual_seed(0))
    edges = np.arange(-BINS / 2, BINS / 2 + 1) * BIN
    for image, found in zip(images, ab_histograms(images), strict=True):
        lab = rgb2lab(image.permute(1, 2, 0).double().numpy())
        wanted, _, _ = np.histogram2d(lab[..., 1].ravel(), lab[..., 2].ravel(), bins=[edges, edges], density=False)
        np.testing.assert_allclose(found.numpy(), wanted / wanted.sum(), atol=1.5 / (24 * 17))
        assert float(found.sum()) == pytest.approx(1)


def test_all_of_srgb_lies_inside():
    corners = torch.tensor([[r, g, b] for r in (0.0, 1) for g in (0.0, 1) for b in (0.0, 1)]).view(8, 3, 1, 1)
    histograms = ab_histograms(corners)
    border = histograms.clone()
    border[:, 1:-1, 1:-1] = 0
    lab = rgb2lab(corners[..., 0, 0].double().numpy()[:, None])[:, 0, 1:]
    assert np.abs(lab).max() < BINS * BIN / 2
    assert histograms.sum((1, 2)).tolist() == [1] * 8
    assert float(border.sum()) == (np.abs(lab).max(1) >= (BINS / 2 - 1) * BIN).sum()


def test_a_tint_of_half_a_level_changes_nothing():
    gray = torch.rand(4, 1, 16, 16).expand(-1, 3, -1, -1) * 0.9 + 0.05
    tinted = gray + torch.tensor([0.5, 0, -0.5]).view(3, 1, 1) / 255
    assert histogram_distance(*(ab_histograms(image).numpy() for image in (gray, tinted))) == 0


def test_distance_by_hand():
    # Pooled (.5, .25, .25) and (.25, .25, .5): a quarter of the pixels would have to change.
    real, fake = np.array([[1, 0, 0], [0, 0.5, 0.5]]), np.array([[0, 0.5, 0.5], [0.5, 0, 0.5]])
    assert histogram_distance(real, fake) == pytest.approx(0.25)
    assert histogram_distance(real, real[::-1]) == 0
    assert histogram_distance(real, fake, np.array([2, 0])) == 1


def test_disjoint_colors_have_distance_one():
    red, blue = torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 2, 2)
    red[:, 0], blue[:, 2] = 1, 1
    pair = [ab_histograms(image).numpy() for image in (red, blue)]
    assert histogram_distance(*pair) == 1
