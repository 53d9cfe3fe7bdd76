"""LayerCAM against its formula written as loops over float64 autograd."""

import pytest
import torch

from enhance.attention import LayerCAM
from tests.test_enhance.toy import (
    NETWORKS,
    TARGETS,
    TOYS,
    ToyClassifier,
    assert_equal_maps,
    images,
    network_case,
    score_gradient,
    toy_case,
)


def slow_layer_cam(classifier, features, targets):
    """Image by image, channel by channel, cell by cell."""
    maps = []
    for one, target in zip(features, targets.tolist(), strict=True):
        gradient, values = score_gradient(classifier, one, target).tolist(), one.tolist()
        channels, h, w = one.shape
        out = torch.zeros(h, w, dtype=torch.float64)
        for i in range(h):
            for j in range(w):
                out[i, j] = max(sum(max(gradient[k][i][j], 0.0) * values[k][i][j] for k in range(channels)), 0.0)
        maps.append(out)
    return torch.stack(maps)


@pytest.mark.parametrize("options", TOYS)
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_loops(options, seed):
    classifier, features = toy_case(options, seed)
    maps = LayerCAM(classifier).class_maps(features, TARGETS, images())
    assert_equal_maps(maps, slow_layer_cam(classifier, features, TARGETS), rtol=1e-12)


@pytest.mark.parametrize("name", NETWORKS)
def test_on_a_timm_network(name):
    classifier, features = network_case(name)
    maps = LayerCAM(classifier).class_maps(features, TARGETS[:2], images())
    assert_equal_maps(maps, slow_layer_cam(classifier, features, TARGETS[:2]))


def test_worked_by_hand():
    """The cells: 1 * 0.5; -2 * 1, cut to 0; 3 * -1, a slope that does not count; 5 * 2 - 4 * 1."""
    features = torch.tensor([[[[1.0, -2.0], [3.0, 5.0]], [[0.0, 0.0], [0.0, -4.0]]]])
    gradients = torch.tensor([[[[0.5, 1.0], [-1.0, 2.0]], [[0.0, 0.0], [0.0, 1.0]]]])
    assert LayerCAM(ToyClassifier()).gradient_maps(features, gradients).tolist() == [[[0.5, 0.0], [0.0, 6.0]]]
