"""Grad-CAM++ (Chattopadhyay et al. 2018, eq. 5, 10 and 19)."""

import torch
from mmengine.registry import MODELS
from torch import Tensor

from enhance.attention.base import GradientAttention


@MODELS.register_module()
class GradCAMPlusPlus(GradientAttention):
    """Weights every cell's gradient by how much it alone explains: `w_k = sum_ij a^k_ij ReLU(dY/dF^k_ij)`.

    With `Y = exp(S_c)` and g = dS_c / dF the paper's closed form is `a = g^2 / (2 g^2 + g^3 sum_ab F^k_ab)`, 0 where
    g is 0, and `L = ReLU(sum_k w_k F^k)`. Departure: the factor exp(S_c) of w is left out; it scales the map only, and
    overflows for sure classes.
    """

    def gradient_maps(self, features: Tensor, gradients: Tensor) -> Tensor:
        """Maps (B, h, w) of F and dS_c / dF, both (B, K, h, w)."""
        denominator = 2 + gradients * features.sum((2, 3), keepdim=True)  # divided by g^2
        alpha = torch.where(denominator != 0, 1 / denominator, 0.0)
        weights = (alpha * gradients.relu()).sum((2, 3))
        return torch.einsum("bk,bkhw->bhw", weights, features).relu()
