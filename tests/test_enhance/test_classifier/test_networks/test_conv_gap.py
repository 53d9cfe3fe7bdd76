"""Networks of paper 001: cut where it says, then convolution, pooling and one dense layer with a closed form."""

from functools import cache

import pytest
import timm
import torch
import torch.nn.functional as nnf
from torch import nn

from enhance.classifier.model import AttentionClassifier
from enhance.classifier.networks.conv_gap import cut_after

TIMM = {"vgg16_conv_gap": "vgg16", "inception_v3_conv_gap": "inception_v3", "xception_conv_gap": "legacy_xception"}
LAST = {"vgg16_conv_gap": "features.29", "inception_v3_conv_gap": "Mixed_6d", "xception_conv_gap": "block11"}
NAMES = sorted(TIMM)


def small(name: str) -> dict:
    return dict(mlp_ratio=0.01) if name.startswith("vgg") else {}


@cache
def build(name: str) -> nn.Module:
    return timm.create_model(name, num_classes=7, channels=24, **small(name)).eval()


@pytest.mark.parametrize("name", NAMES)
def test_equals_timms_layer_with_a_convolution_on_it(name):
    """The twin hooks the layer of timm's whole network, and does the rest by hand."""
    net = build(name)
    whole = timm.create_model(TIMM[name], **small(name)).eval()
    whole.load_state_dict(trunk_state(net, name), strict=False)
    kept = []
    whole.get_submodule(LAST[name]).register_forward_hook(lambda _, __, output: kept.append(output.clone()))
    images = torch.rand(2, 3, 96, 107)
    with torch.no_grad():
        whole(images)
        conv, fc = net.features.conv, net.get_classifier()
        expected = nnf.conv2d(kept[0], conv.weight, conv.bias, padding=1).clamp(min=0)
        features = net.forward_features(images)
        torch.testing.assert_close(features, expected)
        sums = expected.sum((2, 3)) / (expected.shape[2] * expected.shape[3])
        torch.testing.assert_close(net.forward_head(features), sums @ fc.weight.T + fc.bias)
    assert features.std() > 0


def trunk_state(net: nn.Module, name: str) -> dict:
    prefix = "features." if name.startswith("vgg") else ""
    return {prefix + key: value for key, value in net.features.trunk.state_dict().items()}


@pytest.mark.parametrize(("name", "cells"), [("vgg16", 18), ("inception_v3", 17), ("xception", 19)])
def test_cells_at_300_pixels(name, cells):
    net = build(f"{name}_conv_gap")
    with torch.no_grad():
        assert net.forward_features(torch.rand(1, 3, 300, 300)).shape == (1, 24, cells, cells)


def test_where_keras_numbers_lead():
    """Counted here: mixed0 to mixed6 are seven blocks; add_1 to add_11 are eleven, and the twelfth halves the map."""
    inception = build("inception_v3_conv_gap").features.trunk
    assert sum(name.startswith("Mixed") for name, _ in inception.named_children()) == 7
    xception = build("xception_conv_gap").features.trunk
    assert sum(name.startswith("block") for name, _ in xception.named_children()) == 11
    last = timm.create_model("legacy_xception").block12.eval()
    assert last(torch.rand(1, 728, 19, 19)).shape == (1, 1024, 10, 10)
    vgg = build("vgg16_conv_gap").features.trunk
    assert sum(isinstance(layer, nn.Conv2d) for layer in vgg) == 13
    assert isinstance(vgg[-1], nn.ReLU)


def test_paper_sizes_are_the_defaults():
    net = timm.create_model("vgg16_conv_gap", num_classes=7, mlp_ratio=0.01)
    assert (net.features.conv.in_channels, net.features.conv.out_channels) == (512, 512)
    assert sum(p.numel() for p in net.parameters()) == 14_714_688 + (512 * 512 * 9 + 512) + (512 * 7 + 7)


@pytest.mark.parametrize("name", NAMES)
def test_the_head_is_linear_and_every_part_learns(name):
    backbone = dict(model_name=name, channels=24, in_chans=1, **small(name))
    model = AttentionClassifier(backbone, ["a", "b"], mean=[0.5], std=[0.5])
    assert model.linear_weight() is model.network.get_classifier().weight
    model(torch.rand(2, 1, 80, 80)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_weights_come_from_a_local_file(tmp_path):
    whole = timm.create_model("inception_v3")
    torch.save(whole.state_dict(), tmp_path / "inception.pth")
    local = dict(pretrained=True, pretrained_cfg_overlay=dict(file=str(tmp_path / "inception.pth")))
    net = timm.create_model("inception_v3_conv_gap", num_classes=3, channels=8, **local)
    for key, value in net.features.trunk.state_dict().items():
        assert torch.equal(value, whole.state_dict()[key])
    assert net.get_classifier().out_features == 3


def test_cut_after_names_what_is_there():
    net = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Conv2d(2, 3, 1))
    assert list(cut_after(net, "1")) == [net[0], net[1]]
    with pytest.raises(ValueError, match="Sequential has no layer 'x'; it has \\['0', '1', '2'\\]"):
        cut_after(net, "x")
