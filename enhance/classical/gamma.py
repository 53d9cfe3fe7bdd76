"""Power-law transform of the gray levels."""

from __future__ import annotations

import numpy as np
from mmengine.registry import MODELS

from data.errors import UserError
from enhance.classical.base import ClassicalEnhancer


@MODELS.register_module()
class Gamma(ClassicalEnhancer):
    """255 (I / 255)^gamma, rounded: brighter below 1, darker above 1; 0 and 255 stay.

    Args:
        gamma: The exponent, above 0.

    Raises:
        UserError: If `gamma` is not above 0.
    """

    def __init__(self, gamma: float) -> None:
        super().__init__()
        if gamma <= 0:
            raise UserError(f"gamma must be above 0, got {gamma}")
        self.table = (255 * (np.arange(256) / 255) ** gamma).round().astype(np.uint8)

    def enhance_gray(self, image: np.ndarray) -> np.ndarray:
        """Enhance one gray image, (H, W) uint8 to (H, W) uint8."""
        return self.table[image]
