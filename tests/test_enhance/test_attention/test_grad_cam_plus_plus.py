"""Grad-CAM++ against the eq. (5), (10) and (19) of Chattopadhyay et al. 2018, in float64."""

import pytest
import torch

from enhance.attention import GradCAMPlusPlus
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


def slow_grad_cam_plus_plus(classifier, features, targets):
    """Eq. (19) for alpha, then eq. (5) without exp(S_c), image by image, channel by channel, cell by cell."""
    maps = []
    for one, target in zip(features, targets.tolist(), strict=True):
        gradient = score_gradient(classifier, one, target).tolist()
        out = torch.zeros(one.shape[1:], dtype=torch.float64)
        for channel, slopes in zip(one, gradient, strict=True):
            total, weight = float(channel.sum()), 0.0
            for g in (slope for row in slopes for slope in row):
                alpha = g**2 / (2 * g**2 + total * g**3) if g else 0.0
                weight += alpha * max(g, 0.0)
            out += weight * channel
        maps.append(out.clamp(min=0))
    return torch.stack(maps)


def derivatives_of_exp_score(classifier, features, cell, target):
    """dY, d2Y, d3Y of Y = exp(S_c) to the one cell (k, i, j) of F (K, h, w), by autograd three times over."""
    value = features[cell].clone().requires_grad_()
    changed = features.clone()
    changed[cell] = value
    y = classifier.head(changed[None])[0, target].exp()
    first = torch.autograd.grad(y, value, create_graph=True)[0]
    second = torch.autograd.grad(first, value, create_graph=True)[0]
    third = torch.autograd.grad(second, value)[0]
    return first.item(), second.item(), third.item()


def paper_map(classifier, features, target):
    """Eq. (10) for alpha and eq. (5) for w with derivatives of Y itself; the map of F (K, h, w), before the ReLU."""
    channels, h, w = features.shape
    out = torch.zeros(h, w, dtype=torch.float64)
    for k in range(channels):
        weight = 0.0
        for i in range(h):
            for j in range(w):
                first, second, third = derivatives_of_exp_score(classifier, features, (k, i, j), target)
                denominator = 2 * second + sum(float(a) * third for a in features[k].flatten())
                weight += (second / denominator if second else 0.0) * max(first, 0.0)
        out += weight * features[k]
    return out


@pytest.mark.parametrize("options", [options for options in TOYS if options["linear"]])
@pytest.mark.parametrize("seed", range(2))
def test_equals_the_papers_derivatives_up_to_the_score(options, seed):
    """On a linear head; what is left out is exp(S_c), to the number."""
    classifier, features = toy_case(options, seed)
    with torch.no_grad():
        classifier.fc.weight *= 20  # so that the third derivative counts
    maps = GradCAMPlusPlus(classifier).class_maps(features, TARGETS, images())
    scores = classifier.head(features)[torch.arange(3), TARGETS].exp().detach()
    expected = torch.stack([paper_map(classifier, one, int(c)) for one, c in zip(features, TARGETS, strict=True)])
    assert_equal_maps(maps * scores[:, None, None], expected.relu(), rtol=1e-10)


@pytest.mark.parametrize("options", TOYS)
@pytest.mark.parametrize("scale", [1, 30])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_loops(options, scale, seed):
    classifier, features = toy_case(options, seed)
    with torch.no_grad():
        classifier.fc.weight *= scale
    maps = GradCAMPlusPlus(classifier).class_maps(features, TARGETS, images())
    assert_equal_maps(maps, slow_grad_cam_plus_plus(classifier, features, TARGETS), rtol=1e-10)


@pytest.mark.parametrize("name", NETWORKS)
def test_on_a_timm_network(name):
    classifier, features = network_case(name)
    maps = GradCAMPlusPlus(classifier).class_maps(features, TARGETS[:2], images())
    assert_equal_maps(maps, slow_grad_cam_plus_plus(classifier, features, TARGETS[:2]))


def test_worked_by_hand():
    """F1 sums to 3, slopes (2, -1): alpha = 1/8 and -1, w = 1/4. F2 has no slope, F3 a denominator of 0."""
    features = torch.tensor([[[[1.0, 2.0]], [[5.0, 5.0]], [[-1.0, -1.0]]]])
    gradients = torch.tensor([[[[2.0, -1.0]], [[0.0, 0.0]], [[1.0, 1.0]]]])
    assert GradCAMPlusPlus(ToyClassifier()).gradient_maps(features, gradients).tolist() == [[[0.25, 0.5]]]


def test_features_and_slopes_of_zero_give_zeros():
    zeros = torch.zeros(2, 3, 4, 4)
    maps = GradCAMPlusPlus(ToyClassifier()).gradient_maps
    for features, gradients in ((zeros, zeros), (zeros + 1, zeros), (zeros, zeros + 1)):
        assert torch.equal(maps(features, gradients), torch.zeros(2, 4, 4))


def test_sure_classes_do_not_overflow():
    """exp(1000) is infinite even in float64."""
    classifier = ToyClassifier(relu=True)
    with torch.no_grad():
        classifier.fc.bias += 1000
        classifier.fc.weight.abs_()
    maps = GradCAMPlusPlus(classifier)(images(), TARGETS)
    assert maps.isfinite().all()
    assert maps.amax((1, 2)).min() > 0
