"""The peer of `benchmarks/colorizer.py`: its shape, and its attention against a loop and against ours."""

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrize import remove_parametrizations

from benchmarks.deoldify_shape import DeOldifyShape, FullSelfAttention, upsample
from colorize_gan.networks.self_attention import SelfAttention


@pytest.fixture(scope="module")
def peer() -> DeOldifyShape:
    torch.manual_seed(0)
    return DeOldifyShape().eval()


def plain(block: nn.Module) -> nn.Module:
    """The block with gamma = 1 and without spectral norm."""
    for convolution in (block.query, block.key, block.value, getattr(block, "out", None)):
        if convolution is not None:
            remove_parametrizations(convolution, "weight")
    nn.init.ones_(block.gamma)
    return block


@torch.no_grad()
def test_channels_sides_and_range(peer):
    shapes = []
    hooks = [
        block.register_forward_hook(lambda *call: shapes.append(tuple(call[2].shape[1:]))) for block in peer.blocks
    ]
    result = peer(torch.rand(1, 1, 64, 96))
    for hook in hooks:
        hook.remove()
    assert shapes == [(768, 4, 6), (768, 8, 12), (672, 16, 24), (300, 32, 48)]
    assert result.shape == (1, 3, 64, 96)
    assert result.abs().max() <= 3


def test_attention_is_behind_the_block_at_an_eighth_of_the_side(peer):
    assert [isinstance(block.attention, FullSelfAttention) for block in peer.blocks] == [False, True, False, False]


@torch.no_grad()
def test_attention_against_a_loop():
    torch.manual_seed(0)
    block = plain(FullSelfAttention(16))
    x = torch.randn(2, 16, 3, 4)
    expected = x.clone().flatten(2)
    for image, out in zip(x.flatten(2), expected, strict=True):
        f, g, h = (convolution.weight[..., 0] @ image for convolution in (block.query, block.key, block.value))
        for j in range(12):
            scores = torch.stack([f[:, i] @ g[:, j] for i in range(12)])
            out[:, j] += sum(weight * h[:, i] for i, weight in enumerate(scores.exp() / scores.exp().sum()))
    torch.testing.assert_close(block(x).flatten(2), expected)


@torch.no_grad()
def test_attention_is_ours_where_the_settings_agree():
    """Where each 2x2 cell is constant, max pooling leaves out only copies; our two value convolutions make one."""
    torch.manual_seed(0)
    ours, theirs = plain(SelfAttention(16)), plain(FullSelfAttention(16))
    theirs.query.weight.copy_(ours.key.weight[..., 0])
    theirs.key.weight.copy_(ours.query.weight[..., 0])
    theirs.value.weight.copy_((ours.out.weight[..., 0, 0] @ ours.value.weight[..., 0, 0])[..., None])
    x = torch.randn(2, 16, 3, 4).repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(theirs(x), ours(x))
    assert (theirs(x) - x).abs().max() > 0.1


def test_matrix_bytes_grow_with_the_fourth_power_of_the_side():
    assert FullSelfAttention.matrix_bytes(3) == 72  # two 3 x 3 matrices of 4 bytes
    assert FullSelfAttention.matrix_bytes(4 * 64) == 2**4 * FullSelfAttention.matrix_bytes(64)


@torch.no_grad()
def test_up_sampling_starts_without_checkerboard():
    torch.manual_seed(0)
    layer = upsample(4, 3, lambda convolution: convolution)
    layer[0].bias.zero_()
    cells = layer[:4](torch.randn(1, 4, 5, 5))
    torch.testing.assert_close(cells, cells[..., ::2, ::2].repeat_interleave(2, 2).repeat_interleave(2, 3))
