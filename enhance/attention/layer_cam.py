"""LayerCAM (Jiang et al. 2021, eq. 6-8)."""

from mmengine.registry import MODELS
from torch import Tensor

from enhance.attention.base import GradientAttention


@MODELS.register_module()
class LayerCAM(GradientAttention):
    """Weights every cell of every feature map by its own gradient: `L = ReLU(sum_k ReLU(dS_c / dF^k) * F^k)`."""

    def gradient_maps(self, features: Tensor, gradients: Tensor) -> Tensor:
        """Maps (B, h, w) of F and dS_c / dF, both (B, K, h, w)."""
        return (gradients.relu() * features).sum(1).relu()
