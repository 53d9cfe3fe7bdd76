"""CAM against eq. (1)-(2) of paper 001 written as loops, in float64."""

import pytest
import torch

from enhance.attention import CAM
from tests.test_enhance.toy import (
    NETWORKS,
    TARGETS,
    TOYS,
    ToyClassifier,
    assert_equal_maps,
    images,
    network,
    network_case,
    toy_case,
)

LINEAR = [options for options in TOYS if options["linear"]]


def slow_cam(weight, features, targets):
    """Cell by cell and channel by channel; the pooling is a mean, so every cell has its share of 1 / (h w)."""
    batch, channels, h, w = features.shape
    weight, values = weight.tolist(), features.tolist()
    maps = torch.zeros(batch, h, w, dtype=torch.float64)
    for b, target in enumerate(targets.tolist()):
        for i in range(h):
            for j in range(w):
                maps[b, i, j] = sum(weight[target][k] * values[b][k][i][j] for k in range(channels)) / (h * w)
    return maps


@pytest.mark.parametrize("options", LINEAR)
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_loops(options, seed):
    classifier, features = toy_case(options, seed)
    maps = CAM(classifier).class_maps(features, TARGETS, images())
    assert_equal_maps(maps.detach(), slow_cam(classifier.fc.weight, features, TARGETS), rtol=1e-12)


@pytest.mark.parametrize("options", LINEAR)
@pytest.mark.parametrize("seed", range(3))
def test_elements_sum_to_the_logit_without_its_bias(options, seed):
    classifier, features = toy_case(options, seed)
    maps = CAM(classifier).class_maps(features, TARGETS, images())
    scores = (classifier.head(features) - classifier.fc.bias)[torch.arange(3), TARGETS]
    torch.testing.assert_close(maps.sum((1, 2)), scores, atol=1e-13, rtol=1e-12)


@pytest.mark.parametrize("three_state", [True, False])
def test_elements_sum_to_the_logit_of_a_timm_network(three_state):
    """With three states too, whose logit is the difference of two outputs."""
    classifier, features = network_case(NETWORKS[0], three_state=three_state)
    scores = (classifier.head(features) - classifier.head(torch.zeros_like(features)))[torch.arange(2), TARGETS[:2]]
    maps = CAM(classifier).class_maps(features, TARGETS[:2], images())
    assert scores.abs().min() > 1e-4
    torch.testing.assert_close(maps.sum((1, 2)), scores, atol=1e-13, rtol=1e-9)


def test_on_a_timm_network():
    classifier, features = network_case(NETWORKS[0])
    expected = slow_cam(classifier.network.fc.weight, features, TARGETS[:2])
    assert_equal_maps(CAM(classifier).class_maps(features, TARGETS[:2], images()).detach(), expected)


def test_worked_by_hand():
    """Two cells, F1 = (2, 0), F2 = (1, 4), W = (3, -1): M = (6 - 1, 0 - 4) / 2."""
    classifier = ToyClassifier(labels=1, channels=2)
    with torch.no_grad():
        classifier.fc.weight.copy_(torch.tensor([[3.0, -1.0]]))
    features = torch.tensor([[[[2.0, 0.0]], [[1.0, 4.0]]]])
    assert CAM(classifier).class_maps(features, torch.tensor([0]), features).tolist() == [[[2.5, -2.0]]]


@pytest.mark.parametrize("classifier", [ToyClassifier(linear=False), *map(network, NETWORKS[1:])])
def test_another_head_is_refused(classifier):
    with pytest.raises(ValueError, match=r"average pooling and one linear layer.*GradCAM"):
        CAM(classifier)(images(1, 64))


def test_classifier_that_cannot_tell_its_head_is_refused():
    classifier = ToyClassifier()
    classifier.linear_weight = None
    hidden = type("Wrapped", (torch.nn.Module,), {})()
    hidden.label_names, hidden.extract_feat, hidden.head = classifier.label_names, classifier.body, classifier.head
    with pytest.raises(ValueError, match="average pooling and one linear layer"):
        CAM(hidden)(images())
