"""Grad-CAM against eq. (3)-(4) of paper 001 written as loops over float64 autograd, and against CAM."""

import pytest
import torch

from enhance.attention import CAM, GradCAM
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


def slow_grad_cam(classifier, features, targets):
    """Image by image, channel by channel, cell by cell; the weight is the mean of the gradient."""
    maps = []
    for one, target in zip(features, targets.tolist(), strict=True):
        gradient = score_gradient(classifier, one, target).tolist()
        out = torch.zeros(one.shape[1:], dtype=torch.float64)
        for channel, slopes in zip(one, gradient, strict=True):
            cells = [slope for row in slopes for slope in row]
            out += sum(cells) / len(cells) * channel
        maps.append(out.clamp(min=0))
    return torch.stack(maps)


@pytest.mark.parametrize("options", TOYS)
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_loops(options, seed):
    classifier, features = toy_case(options, seed)
    maps = GradCAM(classifier).class_maps(features, TARGETS, images())
    assert_equal_maps(maps, slow_grad_cam(classifier, features, TARGETS), rtol=1e-12)
    assert not features.requires_grad
    assert not maps.requires_grad


@pytest.mark.parametrize("name", NETWORKS)
def test_on_a_timm_network(name):
    classifier, features = network_case(name)
    maps = GradCAM(classifier).class_maps(features, TARGETS[:2], images())
    assert_equal_maps(maps, slow_grad_cam(classifier, features, TARGETS[:2]))


@pytest.mark.parametrize("options", [options for options in TOYS if options["linear"]])
@pytest.mark.parametrize("seed", range(5))
def test_is_the_positive_part_of_cam_on_a_linear_head(options, seed):
    classifier, features = toy_case(options, seed)
    cam = CAM(classifier).class_maps(features, TARGETS, images()).detach()
    assert_equal_maps(GradCAM(classifier).class_maps(features, TARGETS, images()), cam.relu(), rtol=1e-13)


def test_score_is_taken_before_the_activation():
    """A sure class has the same map as an unsure one: the bias does not count."""
    classifier, features = toy_case(TOYS[0], 0)
    before = GradCAM(classifier).class_maps(features, TARGETS, images())
    with torch.no_grad():
        classifier.fc.bias += 100
    assert torch.equal(GradCAM(classifier).class_maps(features, TARGETS, images()), before)


def test_worked_by_hand():
    """Mean slopes (1, -2): the map is ReLU(F1 - 2 F2)."""
    features = torch.tensor([[[[4.0, 1.0]], [[1.0, 2.0]]]])
    gradients = torch.tensor([[[[3.0, -1.0]], [[-4.0, 0.0]]]])
    assert GradCAM(ToyClassifier()).gradient_maps(features, gradients).tolist() == [[[2.0, 0.0]]]
