import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

from colorize_gan.networks.generator import UNetGenerator
from enhance.inference import lay_out


def test_a_network_computes_the_same():
    torch.manual_seed(0)
    network, fast = (UNetGenerator("resnet18", decoder_channels=(16, 16, 16, 16, 16)).eval() for _ in range(2))
    nn.init.normal_(network.to_change.weight)
    fast.load_state_dict(network.state_dict())
    lay_out(fast)
    assert any(is_parametrized(module) for module in network.modules())
    assert not any(is_parametrized(module) for module in fast.modules())
    weight = fast.to_change.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
    gray = torch.rand(2, 1, 64, 96)
    with torch.no_grad():
        assert (network(gray) - gray).abs().max() > 0.01
        torch.testing.assert_close(fast(gray), network(gray), rtol=0, atol=1e-5)


def test_normalized_weights_stay_to_the_bit():
    layer = spectral_norm(nn.Conv2d(3, 5, 3)).eval()
    before = layer.weight.detach().clone()
    lay_out(layer)
    assert torch.equal(layer.weight, before)


def test_a_network_without_weights_stays():
    lay_out(nn.Identity())
