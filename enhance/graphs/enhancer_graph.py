"""An enhancer as one graph: closed-form attention, colorizer and fusion."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from data.errors import UserError
from enhance.attention import CAWE
from enhance.attention.base import GradientAttention, normalize, up_sample
from enhance.fusion import Enhancer


class EnhancerGraph(nn.Module):
    """What `Enhancer` does for images of one size, in operations whose shapes follow the input's.

    Args:
        enhancer: in eval mode.

    Attributes:
        side: of the square that the attention's classifier sees; None without attention.

    Raises:
        UserError: it is no `Enhancer` (classical methods are no networks), or its attention takes a gradient.
    """

    def __init__(self, enhancer: Any) -> None:
        super().__init__()
        if type(enhancer) is not Enhancer:
            raise UserError(f"ONNX: {type(enhancer).__name__} is no network that could be exported")
        self.enhancer = enhancer
        self.side: int | None = None if enhancer.attention is None else enhancer.classifier.input_size
        if self._takes_gradient():
            raise UserError(
                f"ONNX: {type(enhancer.attention).__name__} takes a gradient of this classifier, which no graph has; "
                "CAWE needs none where the classifier ends in one linear layer after average or pcam pooling"
            )

    def forward(self, image: Tensor, small: Tensor | None = None) -> tuple[Tensor, ...]:
        """Enhance gray images (B, H, W) uint8.

        Args:
            small: the same, resized to (B, S, S) by `data.images.resize.resize`; left out without attention.

        Returns:
            `enhanced`, RGB (B, H, W, 3) uint8; `color` before fusion, float in [0, 1], of the same shape; with
            attention its normalized map (B, H, W), float.
        """
        gray = image[:, None].float() / 255
        colorizer = self.enhancer.colorizer
        rgb = gray.expand(-1, 3, -1, -1) if colorizer is None else colorizer.colorize(gray)
        color = rgb.permute(0, 2, 3, 1)
        if small is None:
            return self._fused(color, torch.ones_like(gray[:, 0])), color
        method: Any = self.enhancer.attention
        coarse = method.coarse_maps(small[:, None].float() / 255)
        attention = normalize(up_sample(coarse, (image.shape[1], image.shape[2])), self.enhancer.normalization)
        return self._fused(color, attention), color, attention

    def _takes_gradient(self) -> bool:
        attention = self.enhancer.attention
        if not isinstance(attention, CAWE):
            return isinstance(attention, GradientAttention)
        side = self.enhancer.classifier.input_size
        black = torch.zeros(1, 1, side, side)
        with torch.no_grad():
            return attention.head_gradient(self.enhancer.classifier.extract_feat(black)) is None

    def _fused(self, color: Tensor, attention: Tensor) -> Tensor:
        """Eq. (7), which is of single pixels: the images of a batch lie below one another."""
        fused = self.enhancer.fuse((color * 255).flatten(0, 1), attention.flatten(0, 1), self.enhancer.alpha)
        return fused.reshape(color.shape)
