"""Contrast limited adaptive histogram equalization (Zuiderveld, Graphics Gems IV, 1994), as OpenCV has it."""

from __future__ import annotations

import cv2
import numpy as np
from mmengine.registry import MODELS

from data.errors import UserError
from enhance.classical.base import ClassicalEnhancer


@MODELS.register_module()
class CLAHE(ClassicalEnhancer):
    """Equalize the histogram of each tile, its bins cut, and blend between tiles.

    Args:
        clip_limit: Highest bin of a tile's histogram as a multiple of the mean bin; above 0.
        tile_grid: Tiles across and down.

    Raises:
        UserError: If a number is not above 0.
    """

    def __init__(self, clip_limit: float, tile_grid: tuple[int, int]) -> None:
        super().__init__()
        if clip_limit <= 0 or min(tile_grid) < 1:
            raise UserError(f"CLAHE needs clip_limit and tile_grid above 0, got {clip_limit} and {tile_grid}")
        self.clip_limit = clip_limit
        self.tile_grid = (tile_grid[0], tile_grid[1])

    def enhance_gray(self, image: np.ndarray) -> np.ndarray:
        """Enhance one gray image, (H, W) uint8 to (H, W) uint8."""
        return cv2.createCLAHE(clipLimit=self.clip_limit, tileGridSize=self.tile_grid).apply(image)
