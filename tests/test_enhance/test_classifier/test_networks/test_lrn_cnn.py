"""The customized CNN of paper 003: its layers by hand, its normalization as a loop, its weights' distribution."""

import pytest
import timm
import torch
import torch.nn.functional as nnf

from enhance.classifier.model import AttentionClassifier


def build(**options) -> torch.nn.Module:
    return timm.create_model("lrn_cnn", num_classes=2, **(dict(hidden=16) | options))


def normalize(maps: torch.Tensor) -> torch.Tensor:
    """Krizhevsky's formula with alpha / 5, channel by channel."""
    result = torch.empty_like(maps)
    channels = maps.shape[1]
    for k in range(channels):
        near = range(max(0, k - 2), min(channels, k + 3))
        energy = sum(maps[:, j] ** 2 for j in near)
        result[:, k] = maps[:, k] / (2 + 1e-4 / 5 * energy) ** 0.75
    return result


def test_equals_the_layers_by_hand():
    """In float64, with weights a hundred times larger, so that the normalization counts."""
    net = build().double().eval()
    with torch.no_grad():
        for name, value in net.features.named_parameters():
            value.mul_(30 if name.endswith("weight") else 1).add_(0.1 if name.endswith("bias") else 0)
    images = 40 * torch.rand(1, 3, 227, 227, dtype=torch.float64)
    parts = dict(net.named_parameters())

    def conv(maps, number, stride, padding):
        weight, bias = (parts[f"features.conv{number}.{part}"] for part in ("weight", "bias"))
        return nnf.conv2d(maps, weight, bias, stride, padding).clamp(min=0)

    def linear(values, number):
        return values @ parts[f"head.fc{number}.weight"].T + parts[f"head.fc{number}.bias"]

    with torch.no_grad():
        first = conv(images, 1, 2, 0)
        assert first.shape == (1, 96, 111, 111)
        normalized = normalize(first)
        assert (normalized * 2**0.75 - first).abs().max() > 0.01 * first.max()
        second = conv(torch.max_pool2d(normalized, 3, 2), 2, 2, 1)
        third = conv(torch.max_pool2d(normalize(second), 3, 2), 3, 1, 1)
        fifth = conv(conv(third, 4, 1, 1), 5, 1, 1)
        features = net.forward_features(images)
        torch.testing.assert_close(features, fifth)
        assert features.shape == (1, 256, 13, 13)
        flat = torch.max_pool2d(fifth, 3, 2).reshape(1, 9216)
        hidden = linear(linear(flat, 1).clamp(min=0), 2).clamp(min=0)
        torch.testing.assert_close(net.forward_head(features), linear(hidden, 3))


def test_sizes_and_weights_of_the_paper():
    net = timm.create_model("lrn_cnn", num_classes=2)
    assert [m.out_channels for m in net.features if isinstance(m, torch.nn.Conv2d)] == [96, 128, 256, 256, 256]
    assert [m.out_features for m in net.head if isinstance(m, torch.nn.Linear)] == [4096, 4096, 2]
    assert [m.p for m in net.head if isinstance(m, torch.nn.Dropout)] == [0.5, 0.5]
    assert sum(p.numel() for p in net.parameters()) == 56_142_594
    for name, value in net.named_parameters():
        if name.endswith("bias"):
            assert not value.any(), name
        elif value.numel() > 10_000:
            assert abs(value.mean()) < 3e-4, name
            assert value.std().item() == pytest.approx(0.01, rel=0.03), name
            assert (value.abs() > 0.02).float().mean().item() == pytest.approx(0.0455, abs=0.006), name


def test_dropout_is_the_paper_s_and_can_be_set():
    net, images = build(hidden=64, drop_rate=0.9).train(), torch.rand(1, 3, 227, 227) * 100
    torch.nn.init.ones_(net.head.fc3.weight)
    assert len({net(images).sum().item() for _ in range(5)}) > 1
    net.eval()
    assert len({net(images).sum().item() for _ in range(5)}) == 1


def test_other_sizes_channels_and_no_closed_form():
    model = AttentionClassifier(dict(model_name="lrn_cnn", in_chans=1, hidden=16), ["a", "b"], mean=[0.5], std=[0.5])
    assert model(torch.rand(2, 1, 140, 150)).shape == (2, 2)
    assert model.linear_weight() is None


def test_pretrained_weights_are_refused():
    with pytest.raises(ValueError, match="lrn_cnn has no pretrained weights"):
        build(pretrained=True)
