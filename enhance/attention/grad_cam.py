"""Grad-CAM (Selvaraju et al. 2017; paper 001, eq. 3-4; paper 004, section 2.3)."""

import torch
from mmengine.registry import MODELS
from torch import Tensor

from enhance.attention.base import GradientAttention


@MODELS.register_module()
class GradCAM(GradientAttention):
    """Weights every feature map by its mean gradient: `L = ReLU(sum_k a_k F^k)`, `a_k = mean_ij dS_c / dF^k_ij`.

    S_c is the score before the activation. With average pooling and one linear layer it is `ReLU(CAM)`. Paper 001
    writes a sum for the mean, which scales the map by h w.
    """

    def gradient_maps(self, features: Tensor, gradients: Tensor) -> Tensor:
        """Maps (B, h, w) of F and dS_c / dF, both (B, K, h, w)."""
        weights = gradients.mean((2, 3))
        return torch.einsum("bk,bkhw->bhw", weights, features).relu()
