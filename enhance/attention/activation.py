"""The channel that is activated most strongly (paper 003, section 2.B)."""

import torch
from mmengine.registry import MODELS
from torch import Tensor

from enhance.attention.base import FeatureAttention


@MODELS.register_module()
class StrongestChannel(FeatureAttention):
    """The feature map with the highest single activation; the paper scales it to [0, 1] (normalization "minmax")."""

    def raw_maps(self, features: Tensor) -> Tensor:
        """Maps (B, h, w) of F (B, K, h, w)."""
        strongest = strongest_channels(features, 1)[:, 0]
        return features[torch.arange(len(features), device=features.device), strongest]


def strongest_channels(features: Tensor, number: int) -> Tensor:
    """Indices (B, number) of the channels of F (B, K, h, w) with the highest activation, strongest first."""
    return features.amax((2, 3)).topk(number, dim=1).indices
