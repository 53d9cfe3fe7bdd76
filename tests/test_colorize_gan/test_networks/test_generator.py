"""The U-Net: sizes, its gray start, its weights."""

import pytest
import timm
import torch
from torch import nn

from colorize_gan.networks.generator import PixelShuffleUpsample, UNetGenerator

SMALL = {"encoder": "resnet18", "decoder_channels": (32, 16, 16, 8, 8)}


@pytest.fixture(scope="module")
def generator() -> UNetGenerator:
    torch.manual_seed(0)
    return UNetGenerator(**SMALL).eval()


@pytest.mark.parametrize("size", [(64, 64), (97, 131), (33, 20), (1, 1)])
@torch.no_grad()
def test_any_size(generator, size):
    rgb = generator(torch.rand(2, 1, *size))
    assert rgb.shape == (2, 3, *size)
    assert rgb.min() >= 0 and rgb.max() <= 1


@torch.no_grad()
def test_starts_near_gray(generator):
    gray = torch.linspace(0, 1, 64 * 64).view(1, 1, 64, 64)
    assert (generator(gray) - gray).abs().max() < 0.01


def test_gradient_reaches_every_parameter():
    torch.manual_seed(1)
    generator = UNetGenerator(**SMALL)
    generator.attention.gamma.data.fill_(0.5)
    (generator(torch.rand(2, 1, 64, 64)) * torch.rand(2, 3, 64, 64)).sum().backward()
    idle = [name for name, p in generator.named_parameters() if p.grad is None or not p.grad.any()]
    # timm starts every residual block as the identity, so its inner convolutions wait for their batch norm.
    assert [name for name in idle if not name.startswith("encoder.layer")] == []
    assert not any("downsample" in name or name.endswith("bn2.weight") for name in idle)


@torch.no_grad()
def test_attention_is_used_once_where_asked(generator):
    seen = []
    handle = generator.attention.register_forward_hook(lambda module, args, out: seen.append(tuple(out.shape)))
    generator(torch.rand(1, 1, 128, 64))
    handle.remove()
    assert seen == [(1, 16, 16, 8)]


def test_decoder_convolutions_are_spectrally_normalized(generator):
    torch.manual_seed(2)
    generator.blocks.train()
    generator(torch.rand(2, 1, 64, 64))
    layers = [m for m in generator.blocks.modules() if isinstance(m, nn.Conv2d)]
    for _ in range(30):  # power iteration
        norms = [torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() for layer in layers]
    generator.eval()
    assert len(norms) == 15
    assert norms == pytest.approx([1.0] * 15, abs=0.02)


@torch.no_grad()
def test_upsampling_starts_without_checkerboard():
    torch.manual_seed(3)
    layer = PixelShuffleUpsample(6, 4).eval()
    cells = nn.functional.pixel_shuffle(layer.conv(torch.randn(1, 6, 5, 5)), 2)
    repeated = cells[..., ::2, ::2].repeat_interleave(2, -1).repeat_interleave(2, -2)
    torch.testing.assert_close(cells, repeated)
    assert layer(torch.randn(1, 6, 5, 7)).shape == (1, 4, 10, 14)


@torch.no_grad()
def test_upsampling_ends_in_a_mean_over_two_by_two():
    layer = PixelShuffleUpsample(6, 4).eval()
    x = torch.randn(1, 6, 5, 7)
    cells = nn.functional.pixel_shuffle(layer.conv(x).relu(), 2)
    for i in range(10):
        for j in range(14):
            mean = sum(cells[..., max(i - a, 0), max(j - b, 0)] for a in (0, 1) for b in (0, 1)) / 4
            torch.testing.assert_close(layer(x)[..., i, j], mean)


def test_init_weights_loads_the_encoder(tmp_path):
    torch.manual_seed(4)
    whole = timm.create_model("resnet18")
    torch.save(whole.state_dict(), tmp_path / "resnet18.pth")
    generator = UNetGenerator(**SMALL, weights=str(tmp_path / "resnet18.pth"))
    generator.init_weights()
    assert torch.equal(generator.encoder.state_dict()["layer4.1.conv2.weight"], whole.layer4[1].conv2.weight)


def test_block_depth_is_the_number_of_convolutions():
    def convolutions(depth: int) -> int:
        blocks = UNetGenerator(**SMALL, block_depth=depth).blocks
        return sum(isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3) for m in blocks.modules())

    assert [convolutions(depth) for depth in (1, 2, 4)] == [5, 10, 20]


def test_wrong_number_of_decoder_channels():
    with pytest.raises(ValueError, match="resnet18 has 5 stages"):
        UNetGenerator(encoder="resnet18", decoder_channels=(16, 8))
