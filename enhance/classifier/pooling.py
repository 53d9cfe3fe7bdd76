"""How feature maps become logits where a network's own head is not used."""

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


def pcam_logits(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Logits of probabilistic-CAM pooling (Ye, Yao, Xue & Li 2020, arXiv 2005.14480, section 3).

    Each cell has a logit of its own, `z_lij = W_l F_ij + b_l`. A label's logit is their mean, weighted by the cells'
    probabilities: `sum_ij z_lij sigmoid(z_lij) / sum_ij sigmoid(z_lij)`. A lesion in few cells decides, where average
    pooling would ask all cells alike.

    Args:
        features: F (B, K, h, w).
        weight, bias: W (L, K) and b (L,) of a linear layer.

    Returns:
        (B, L), float32.
    """
    cells, shares = _cells(features, weight, bias)
    return (cells * shares).sum(2)


def pcam_gradients(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The derivatives of `pcam_logits`, the arguments of which these are, by the cells' logits.

    With z the cells' logits, a their shares and Z a label's logit, `dZ_l / dz_lij = a_lij (1 + (1 - sigmoid(z_lij))
    (z_lij - Z_l))`; as z is linear, `dZ_l / dF^k_ij = W_lk dZ_l / dz_lij`.

    Returns:
        (B, L, h, w), float32.
    """
    cells, shares = _cells(features, weight, bias)
    logits = (cells * shares).sum(2, keepdim=True)
    return (shares * (1 + (-cells).sigmoid() * (cells - logits))).unflatten(2, features.shape[2:])


def _cells(features: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """The logits of all cells (B, L, h w), and what each counts for its label."""
    cells = torch.einsum("lk,bkn->bln", weight.float(), features.float().flatten(2)) + bias.float()[:, None]
    return cells, logsigmoid(cells).softmax(2)  # sigmoid(z) over its sum, also where every sigmoid is 0 in float32
