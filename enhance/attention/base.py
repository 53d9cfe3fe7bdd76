"""What every attention method shares: the call, the up-sampling and the normalization."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Literal

import torch
import torch.nn.functional as nnf
from torch import Tensor

from enhance.classifier import evaluating

Normalization = Literal["max", "minmax", "none"]


def normalize(maps: Tensor, mode: Normalization = "max") -> Tensor:
    """Scale each map on its own.

    Args:
        maps: (B, H, W), float.
        mode: "max" divides by the map's maximum, "minmax" maps its range to [0, 1], "none" leaves it.

    Returns:
        (B, H, W). A map that has no positive maximum ("max") or no range ("minmax") comes back as zeros.
    """
    if mode == "none":
        return maps
    if mode not in ("max", "minmax"):
        raise ValueError(f"normalization must be 'max', 'minmax' or 'none', got {mode!r}")
    maps = maps - maps.amin((1, 2), keepdim=True) if mode == "minmax" else maps
    top = maps.amax((1, 2), keepdim=True)
    return torch.where(top > 0, maps / top.where(top > 0, 1.0), 0.0)


def up_sample(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps (B, h, w) to (B, H, W), bilinear with `align_corners=False` (paper 002 §3.1)."""
    return nnf.interpolate(maps[:, None], size, mode="bilinear", align_corners=False)[:, 0]


class AttentionMethod(ABC):
    """A map of where the classifier looks.

    Args:
        classifier: A module with `extract_feat(images) -> F (B, K, h, w)` and `head(F) -> logits (B, L)`.
    """

    def __init__(self, classifier: Any) -> None:
        self.classifier = classifier

    def __call__(self, images: Tensor) -> Tensor:
        """The attention maps of a batch.

        Args:
            images: (B, C, H, W), float.

        Returns:
            (B, H, W) float32, the raw map up-sampled bilinearly, not normalized.
        """
        return up_sample(self.coarse_maps(images), (images.shape[2], images.shape[3]))

    def coarse_maps(self, images: Tensor) -> Tensor:
        """Maps (B, h, w), float32, in the cells of the last convolutional layer, of images (B, C, H, W)."""
        with evaluating(self.classifier), torch.autocast(images.device.type, enabled=False):
            with torch.no_grad():
                features = self.classifier.extract_feat(images.float())
            return self.raw_maps(features)

    @abstractmethod
    def raw_maps(self, features: Tensor) -> Tensor:
        """Maps (B, h, w) of feature maps F (B, K, h, w)."""
