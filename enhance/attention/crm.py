"""CRM, class-selective relevance map (paper 001, eq. 6-7)."""

from __future__ import annotations

import torch
from mmengine.registry import MODELS
from torch import Tensor

from enhance.attention.base import FeatureAttention

CELLS_AT_ONCE = 256
"""Copies of feature maps that go through the head together in the masked re-run."""


@MODELS.register_module()
class CRM(FeatureAttention):
    """How much the scores of all classes change when one cell of the feature maps is removed.

    Eq. (7): `R(l, m) = sum_c (S_c - S_c(l, m))^2`, S_c the score of class c before the activation and S_c(l, m) that
    without the cell (l, m) in any channel; c over all output nodes. With global average pooling and one linear layer
    it is the sum of the squared class activation maps, `sum_c M_c^2`: the bias cancels. Any other head is run again
    for every cell.
    """

    def raw_maps(self, features: Tensor) -> Tensor:
        """Maps (B, h, w) of F (B, K, h, w)."""
        weight = self.linear_weight()
        with torch.no_grad():
            return self.masked_maps(features) if weight is None else self.closed_form(features, weight)

    @staticmethod
    def closed_form(features: Tensor, weight: Tensor) -> Tensor:
        """Maps (B, h, w) of F (B, K, h, w) for a head of average pooling and the linear layer `weight` (L, K)."""
        return (torch.einsum("ck,bkhw->bchw", weight, features) / features[0, 0].numel()).square().sum(1)

    def masked_maps(self, features: Tensor) -> Tensor:
        """Maps (B, h, w) of F (B, K, h, w), every cell removed in turn."""
        height, width = features.shape[2:]
        kept = 1 - torch.eye(height * width, device=features.device, dtype=features.dtype)
        scores = self.classifier.head(features)
        maps = []
        for one, score in zip(features, scores, strict=True):
            without = [
                self.classifier.head(one * chunk.reshape(-1, 1, height, width)) for chunk in kept.split(CELLS_AT_ONCE)
            ]
            maps.append((score - torch.cat(without)).square().sum(1).reshape(height, width))
        return torch.stack(maps)
