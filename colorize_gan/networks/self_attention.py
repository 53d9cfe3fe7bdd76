"""The self-attention block of SAGAN (Zhang et al., Self-Attention Generative Adversarial Networks, ICML 2019)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from data.errors import UserError


class SelfAttention(nn.Module):
    """`x + gamma * attention(x)` over all positions of a feature map; the identity at the start, for gamma starts at 0.

    As in SAGAN: query and key have C/8 channels, the value C/2, all from 1x1 spectrally normalized convolutions; the
    scores are plain dot products, without the 1/sqrt(d) of transformers (`scale=1`). As in SAGAN's published code,
    key and value are max-pooled 2x2, which divides the cost by four.

    `scaled_dot_product_attention` needs one channel count for its kernels that never store the N x M score matrix, so
    query and key are padded with zero channels up to the value's; zeros add nothing to a dot product.

    Args:
        channels: C, at least 8.

    Raises:
        UserError: if C is below 8, where C/8 is no channel.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        if channels < 8:
            raise UserError(f"SelfAttention needs at least 8 channels, got {channels}: use a wider layer.")
        self.query = spectral_norm(nn.Conv2d(channels, channels // 8, 1, bias=False))
        self.key = spectral_norm(nn.Conv2d(channels, channels // 8, 1, bias=False))
        self.value = spectral_norm(nn.Conv2d(channels, channels // 2, 1, bias=False))
        self.out = spectral_norm(nn.Conv2d(channels // 2, channels, 1, bias=False))
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same shape."""
        pooled_key = F.max_pool2d(self.key(x), 2, ceil_mode=True)
        pooled_value = F.max_pool2d(self.value(x), 2, ceil_mode=True)
        value = _tokens(pooled_value)
        query, key = (_pad_channels(_tokens(t), value.shape[-1]) for t in (self.query(x), pooled_key))
        attended = F.scaled_dot_product_attention(query, key, value, scale=1.0)
        return x + self.gamma * self.out(attended.transpose(-1, -2).reshape(x.shape[0], -1, *x.shape[-2:]))


def _tokens(x: Tensor) -> Tensor:
    """(B, C, H, W) to one head of H·W tokens (B, 1, HW, C)."""
    return x.flatten(2).transpose(1, 2).unsqueeze(1).contiguous()


def _pad_channels(tokens: Tensor, channels: int) -> Tensor:
    return F.pad(tokens, (0, channels - tokens.shape[-1]))
