"""A network in two parts: the parts are the whole, and frozen features stay as they are."""

import pytest
import torch
from torch import nn

from enhance.classifier.networks import FeaturesAndHead


def network(frozen: bool = False) -> FeaturesAndHead:
    features = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5))
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5), nn.Dropout(0.5), nn.Linear(5, 3))
    return FeaturesAndHead(features, head, frozen)


def test_the_parts_are_the_whole():
    net, images = network().eval(), torch.rand(2, 1, 8, 9)
    features = net.forward_features(images)
    assert features.shape == (2, 4, 6, 7)
    assert torch.equal(net.forward_head(features), net(images))
    assert torch.equal(net(images), net.head(net.features(images)))


def test_the_classifier_is_the_last_linear_layer():
    net = network()
    assert net.get_classifier() is net.head[4]
    assert net.get_classifier().out_features == 3


def test_frozen_features_do_not_change_in_training():
    net = network(frozen=True).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0, weight_decay=0.1)
    net(torch.rand(8, 1, 8, 8)).square().sum().backward()
    optimizer.step()
    changed = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"head.2.weight", "head.2.bias", "head.4.weight", "head.4.bias"}
    assert all(parameter.grad is None for parameter in net.features.parameters())


@pytest.mark.parametrize("frozen", [True, False])
def test_modes(frozen):
    net = network(frozen)
    for mode in (True, False, True):
        assert net.train(mode) is net
        assert net.training == mode
        assert all(module.training == mode for module in net.head.modules())
        assert all(module.training == (mode and not frozen) for module in net.features.modules())


def test_unfrozen_features_learn():
    net = network().train()
    net(torch.rand(8, 1, 8, 8)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in net.parameters())
    assert net.features[1].num_batches_tracked == 1
