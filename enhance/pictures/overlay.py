"""A map in color over its gray image. Paper 003, section 2.C; paper 001, section 4."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps

from data.errors import UserError


def overlay(image: np.ndarray, attention: np.ndarray, threshold: float = 0.2, opacity: float = 0.5) -> np.ndarray:
    """Lay a map over its image: jet from blue (low) to red (the map's maximum).

    Paper 001 shows what is above 20 % of the maximum; paper 003 makes what is black in the heat map transparent.

    Args:
        image: (H, W) uint8.
        attention: (H, W) float, any scale: what is negative is cut, then the map is divided by its maximum.
        threshold: In [0, 1]; below this share of the maximum the image is left as it is.
        opacity: Of the color elsewhere, in [0, 1].

    Returns:
        (H, W, 3) uint8 RGB. A map without a positive value is 0 everywhere.
    """
    if attention.shape != image.shape:
        raise UserError(f"the map is {attention.shape} but the image is {image.shape}")
    if not (0 <= threshold <= 1 and 0 <= opacity <= 1):
        raise UserError(f"threshold and opacity must be in [0, 1], got {threshold:g} and {opacity:g}")
    positive = np.maximum(attention, 0)
    top = positive.max()
    scaled = positive / top if top > 0 else positive
    color = colormaps["jet"](scaled)[..., :3] * 255
    share = np.where(scaled >= threshold, opacity, 0.0)[..., None]
    return np.rint((1 - share) * image[..., None] + share * color).astype(np.uint8)


def color_key(threshold: float, length: int = 256) -> np.ndarray:
    """The colors of 0 to 1 times the maximum, white below the threshold: (1, length, 3) uint8 RGB."""
    values = (np.arange(length) + 0.5) / length
    colors = np.where((values >= threshold)[:, None], colormaps["jet"](values)[:, :3], 1.0)
    return np.rint(colors * 255).astype(np.uint8)[None]
