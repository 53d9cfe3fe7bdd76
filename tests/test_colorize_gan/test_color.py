"""Luma against OpenCV's YCbCr, Lab against scikit-image."""

import cv2
import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from colorize_gan.color import luminance, replace_luminance, rgb_to_lab


def random_rgb(seed: int, size: int = 40) -> torch.Tensor:
    return torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(seed))


def jpeg_luma(rgb: torch.Tensor) -> np.ndarray:
    """Luma of 8-bit images (3, H, W) as JPEG defines it, in levels."""
    levels = (rgb * 255).round().byte().permute(1, 2, 0).numpy()
    return cv2.cvtColor(levels, cv2.COLOR_RGB2YCrCb)[..., 0].astype(int)


def test_luminance_of_known_colors():
    colors = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1], [0.5, 0.5, 0.5]]).T.reshape(1, 3, 1, 5)
    assert luminance(colors).flatten().tolist() == pytest.approx([0.299, 0.587, 0.114, 1.0, 0.5])


def test_luminance_is_that_of_jpeg():
    rgb = (random_rgb(0) * 255).round() / 255
    ours = (luminance(rgb)[0, 0] * 255).numpy()
    assert np.abs(ours - jpeg_luma(rgb[0])).max() <= 0.51


def test_replace_luminance_keeps_luma_in_eight_bits():
    rgb, luma = random_rgb(1), torch.rand(2, 1, 40, 40, generator=torch.Generator().manual_seed(2))
    luma[:, :, :4], luma[:, :, 4:8] = 0.0, 1.0
    result = replace_luminance(rgb, luma)
    assert result.min() >= 0 and result.max() <= 1
    for image, wanted in zip(result, luma, strict=True):
        assert np.abs(jpeg_luma(image) - (wanted[0] * 255).round().int().numpy()).max() <= 1


def test_replace_luminance_by_hand():
    # Pure red has luma .299 and chroma (.701, -.299, -.299). At luma .1 only .1 / .299 of the chroma fits.
    red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1)
    result = replace_luminance(red, torch.full((1, 1, 1, 1), 0.1)).flatten().tolist()
    assert result == pytest.approx([0.1 + 0.701 * 0.1 / 0.299, 0, 0], abs=1e-6)


def test_replace_luminance_keeps_chroma_that_fits():
    rgb = 0.4 + 0.2 * random_rgb(3)
    luma = torch.full((2, 1, 40, 40), 0.55)
    chroma = replace_luminance(rgb, luma) - luma
    torch.testing.assert_close(chroma, rgb - luminance(rgb))


def test_replace_luminance_with_its_own_luma_changes_nothing():
    rgb = random_rgb(4)
    torch.testing.assert_close(replace_luminance(rgb, luminance(rgb)), rgb)


def test_lab_is_that_of_scikit_image():
    rgb = random_rgb(5).double()
    rgb[0, :, :2], rgb[0, :, 2:4] = 0.0, 1.0
    ours = rgb_to_lab(rgb).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(ours, rgb2lab(rgb.permute(0, 2, 3, 1).numpy()), atol=1e-3)
