"""Luma, Lab and the exchange of luma, as pure tensor functions.

Images are float RGB (B, 3, H, W) in [0, 1], gamma-encoded sRGB.
"""

import torch
from torch import Tensor

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""ITU-R BT.601, full range: the luma of JPEG's YCbCr."""

SRGB_TO_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
D65_WHITE = (0.95047, 1.0, 1.08883)


def luminance(rgb: Tensor) -> Tensor:
    """BT.601 luma: RGB (B, 3, H, W) in [0, 1] to (B, 1, H, W) in [0, 1]."""
    weights = rgb.new_tensor(LUMA_WEIGHTS).view(1, 3, 1, 1)
    return (rgb * weights).sum(1, keepdim=True)


def replace_luminance(rgb: Tensor, luma: Tensor) -> Tensor:
    """Keep the chroma of `rgb` and take the luma from `luma`, inside the gamut.

    The chroma (R - Y, G - Y, B - Y) has luma zero, so scaling it keeps the luma. Where `luma` plus the whole chroma
    leaves [0, 1], the chroma of that pixel is scaled toward gray until it fits. Clipping the channels one by one
    would change the luma.

    Args:
        rgb: (B, 3, H, W) in [0, 1].
        luma: (B, 1, H, W) in [0, 1].

    Returns:
        (B, 3, H, W) in [0, 1] whose `luminance` is `luma`.
    """
    chroma = rgb - luminance(rgb)
    room = torch.where(chroma > 0, 1 - luma, luma)
    fits = room / chroma.abs().clamp_min(torch.finfo(rgb.dtype).tiny)
    scale = fits.amin(1, keepdim=True).clamp(max=1)
    return (luma + scale * chroma).clamp(0, 1)


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """CIE L*a*b* under D65: RGB (B, 3, H, W) in [0, 1] to L in [0, 100], a and b about [-110, 110]."""
    linear = torch.where(rgb > 0.04045, ((rgb + 0.055) / 1.055).clamp_min(0) ** 2.4, rgb / 12.92)
    xyz = torch.einsum("ij,bjhw->bihw", rgb.new_tensor(SRGB_TO_XYZ), linear)
    relative = xyz / rgb.new_tensor(D65_WHITE).view(1, 3, 1, 1)
    x, y, z = torch.where(
        relative > 0.008856, relative.clamp_min(1e-12) ** (1 / 3), 7.787 * relative + 16 / 116
    ).unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)
