"""The attention block against explicit loops."""

import pytest
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from colorize_gan.networks.self_attention import SelfAttention


def slow_attention(block: SelfAttention, x: Tensor) -> Tensor:
    """SAGAN's block written out: max-pooled keys and values, softmax of plain dot products, position by position."""
    result = x.clone()
    for b in range(x.shape[0]):
        query, key, value = (layer(x[b : b + 1])[0] for layer in (block.query, block.key, block.value))
        height, width = x.shape[-2:]
        cells = [(slice(i, i + 2), slice(j, j + 2)) for i in range(0, height, 2) for j in range(0, width, 2)]
        keys = [key[:, rows, columns].amax((1, 2)) for rows, columns in cells]
        values = [value[:, rows, columns].amax((1, 2)) for rows, columns in cells]
        for i in range(height):
            for j in range(width):
                weights = torch.stack([query[:, i, j] @ k for k in keys]).exp()
                mixed = sum(w * v for w, v in zip(weights / weights.sum(), values, strict=True))
                result[b, :, i, j] += block.gamma * (block.out.weight[:, :, 0, 0] @ mixed)
    return result


@pytest.mark.parametrize("size", [(4, 6), (5, 3), (1, 1)])
def test_agrees_with_loops(size):
    torch.manual_seed(0)
    block = SelfAttention(16).double().eval()
    block.gamma.data.fill_(0.7)
    x = torch.randn(2, 16, *size, dtype=torch.float64) * 3
    torch.testing.assert_close(block(x), slow_attention(block, x), rtol=1e-9, atol=1e-9)


def test_is_the_identity_at_the_start():
    block = SelfAttention(16)
    x = torch.randn(2, 16, 8, 8)
    assert torch.equal(block(x), x)


def test_gamma_learns_from_the_start():
    block = SelfAttention(16)
    block(torch.randn(2, 16, 8, 8)).square().sum().backward()
    assert block.gamma.grad.abs() > 0


def test_too_few_channels_are_refused():
    with pytest.raises(ValueError, match="at least 8 channels, got 4"):
        SelfAttention(4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_has_a_kernel_that_never_stores_the_score_matrix(dtype):
    """With the only kernel that does forbidden, PyTorch raises where no other takes the shapes."""
    block = SelfAttention(16).to(dtype)
    x = torch.randn(1, 16, 8, 6, dtype=dtype, requires_grad=True)
    with sdpa_kernel([SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION]):
        block(x).sum().backward()
    assert x.grad is not None
