"""Unsharp masking."""

from __future__ import annotations

import numpy as np
from mmengine.registry import MODELS
from skimage.filters import unsharp_mask

from data.errors import UserError
from enhance.classical.base import ClassicalEnhancer


@MODELS.register_module()
class UnsharpMask(ClassicalEnhancer):
    """I + amount (I - blurred I), rounded and cut at 0 and 255 (`skimage.filters.unsharp_mask`).

    Args:
        sigma: Of the Gaussian blur, in pixels, above 0.
        amount: At least 0; 0 keeps the image.

    Raises:
        UserError: If a number is out of its range.
    """

    def __init__(self, sigma: float, amount: float) -> None:
        super().__init__()
        if sigma <= 0 or amount < 0:
            raise UserError(f"unsharp masking needs sigma > 0 and amount >= 0, got {sigma} and {amount}")
        self.sigma = sigma
        self.amount = amount

    def enhance_gray(self, image: np.ndarray) -> np.ndarray:
        """Enhance one gray image, (H, W) uint8 to (H, W) uint8."""
        sharp = unsharp_mask(image, radius=self.sigma, amount=self.amount)
        return (255 * sharp).round().astype(np.uint8)
