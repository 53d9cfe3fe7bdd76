"""CAM, class activation map (Zhou et al. 2016; paper 001, eq. 1-2)."""

import torch
from mmengine.registry import MODELS
from torch import Tensor

from data.errors import UserError
from enhance.attention.base import ClassAttention


@MODELS.register_module()
class CAM(ClassAttention):
    """Weights every feature map by the class's weight: `M_c = sum_k W_ck F^k / (h w)`.

    Needs a head of global average pooling and one linear layer W. The elements of M_c sum to the class's logit without
    its bias. Paper 001 writes the pooling as a sum, so its map is h w times this one. Maps have negative parts.

    Raises:
        UserError: When called, if the head is another one.
    """

    def class_maps(self, features: Tensor, targets: Tensor, images: Tensor) -> Tensor:
        """Maps (B, h, w) of F (B, K, h, w) for the classes (B,)."""
        weight = self.linear_weight()
        if weight is None:
            raise UserError("CAM needs average pooling and one linear layer as the head; GradCAM takes any head")
        return torch.einsum("bk,bkhw->bhw", weight[targets], features) / features[0, 0].numel()
