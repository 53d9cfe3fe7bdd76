"""The strongest channel, by hand and against a loop."""

import pytest
import torch

from enhance.attention import StrongestChannel, normalize
from enhance.attention.activation import strongest_channels
from tests.test_enhance.toy import NETWORKS, TOYS, ToyClassifier, network_case, toy_case

FEATURES = torch.tensor(
    [
        [[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 9.0]], [[-50.0, 5.0], [5.0, 5.0]]],
        [[[7.0, 0.0], [0.0, 1.0]], [[2.0, 2.0], [2.0, 2.0]], [[6.0, 6.0], [6.0, 6.0]]],
    ]
)
"""Two images, three channels of 2 x 2. The highest single values are 9 and 7; other channels have the highest means."""


def test_worked_by_hand():
    maps = StrongestChannel(ToyClassifier()).raw_maps(FEATURES)
    assert maps.tolist() == [[[0.0, 0.0], [0.0, 9.0]], [[7.0, 0.0], [0.0, 1.0]]]


def test_channels_in_order_of_their_highest_value():
    assert strongest_channels(FEATURES, 3).tolist() == [[1, 2, 0], [0, 2, 1]]
    assert strongest_channels(FEATURES, 1).tolist() == [[1], [0]]


def test_scaled_to_one_as_in_the_paper():
    maps = StrongestChannel(ToyClassifier()).raw_maps(torch.tensor([[[[-1.0, 0.0], [1.0, 3.0]]]]))
    assert normalize(maps, "minmax").tolist() == [[[0.0, 0.25], [0.5, 1.0]]]


@pytest.mark.parametrize("options", TOYS)
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_loop(options, seed):
    classifier, features = toy_case(options, seed)
    maps = StrongestChannel(classifier).raw_maps(features)
    for one, found in zip(features, maps, strict=True):
        assert torch.equal(found, max(one, key=lambda channel: max(channel.flatten().tolist())))


@pytest.mark.parametrize("name", NETWORKS)
def test_on_a_timm_network(name):
    classifier, features = network_case(name)
    for one, found in zip(features, StrongestChannel(classifier).raw_maps(features), strict=True):
        assert found.max() == one.max()
        assert sum(torch.equal(found, channel) for channel in one) == 1
