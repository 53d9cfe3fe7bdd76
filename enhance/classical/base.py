"""What enhancers without learning share: gray in, RGB out, one image at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from torch import nn


class ClassicalEnhancer(nn.Module, ABC):
    """Called like `enhance.fusion.Enhancer`; a method says in `enhance_gray` what it does to one image.

    It has no weights and computes on the CPU: `.to(device)` changes nothing.
    """

    @abstractmethod
    def enhance_gray(self, image: np.ndarray) -> np.ndarray:
        """Enhance one gray image, (H, W) uint8 to (H, W) uint8."""

    def forward(self, images: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Enhance gray images (H, W) uint8 to RGB images (H, W, 3) uint8 of the same sizes, all channels equal."""
        return [np.repeat(self.enhance_gray(image)[..., None], 3, axis=2) for image in images]
