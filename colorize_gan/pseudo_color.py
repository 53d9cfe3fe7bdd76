"""Fixed pseudo-color: does the color have to be learned? A colorizer without weights, under the call of the GAN."""

from difflib import get_close_matches

import matplotlib
import numpy as np
import torch
from mmengine.registry import MODELS
from torch import Tensor, nn

from data.errors import UserError

LEVELS = 256
FREQUENT = ("jet", "bone", "viridis")


def color_table(colormap: str) -> Tensor:
    """The colors of the gray levels 0 to 255 in a colormap of matplotlib: float32 RGB (256, 3) in [0, 1].

    Raises:
        UserError: If there is no colormap of this name; names near it are listed.
    """
    if colormap not in matplotlib.colormaps:
        near = get_close_matches(colormap, matplotlib.colormaps, n=5) or FREQUENT
        raise UserError(f"matplotlib has no colormap {colormap!r}; did you mean {', '.join(near)}?")
    rgba = matplotlib.colormaps[colormap](np.linspace(0, 1, LEVELS))
    return torch.from_numpy(rgba[:, :3]).float()


@MODELS.register_module()
class PseudoColor(nn.Module):
    """Each pixel gets the color that a colormap of matplotlib has for its gray level; nothing is learned.

    It has no render size, since a pixel's color does not depend on the others, and does not keep the luminance: the
    brightness of jet rises and falls, that of bone and viridis rises with the gray level but is not it.

    Args:
        colormap: Name in `matplotlib.colormaps`, e.g. "jet", "bone", "viridis".

    Raises:
        UserError: See `color_table`.
    """

    def __init__(self, colormap: str) -> None:
        super().__init__()
        self.table: Tensor
        self.register_buffer("table", color_table(colormap), persistent=False)

    def colorize(self, gray: Tensor) -> Tensor:
        """Gray (B, 1, H, W) to RGB (B, 3, H, W), both in [0, 1]; the nearest of 256 levels, beyond [0, 1] the last."""
        levels = (gray[:, 0] * (LEVELS - 1)).round().long().clamp(0, LEVELS - 1)
        return self.table[levels].permute(0, 3, 1, 2).to(gray.dtype)
