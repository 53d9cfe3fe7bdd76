"""Probabilistic-CAM pooling against its loop."""

import math

import pytest
import torch

from enhance.classifier.pooling import pcam_gradients, pcam_logits


def test_pcam_equals_the_loop():
    features, weight, bias = torch.randn(2, 5, 3, 4), torch.randn(3, 5), torch.randn(3)
    logits = pcam_logits(features, weight, bias)
    assert logits.shape == (2, 3)
    for image in range(2):
        for label in range(3):
            top = bottom = 0.0
            for row in range(3):
                for column in range(4):
                    z = sum(weight[label, k] * features[image, k, row, column] for k in range(5)) + bias[label]
                    p = 1 / (1 + math.exp(-z))
                    top, bottom = top + p * float(z), bottom + p
            assert abs(float(logits[image, label]) - top / bottom) < 1e-5


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_the_gradients_equal_autograd(scale):
    features, weight, bias = scale * torch.randn(2, 5, 3, 4), torch.randn(3, 5), torch.randn(3)
    cells = pcam_gradients(features, weight, bias)
    assert cells.shape == (2, 3, 3, 4)
    features.requires_grad_()
    for label in range(3):
        (expected,) = torch.autograd.grad(pcam_logits(features, weight, bias)[:, label].sum(), features)
        torch.testing.assert_close(weight[label][:, None, None] * cells[:, label, None], expected, rtol=1e-4, atol=1e-5)


def test_equal_cells_are_average_pooling_and_one_cell_may_decide():
    weight, bias = torch.ones(1, 1), torch.zeros(1)
    assert pcam_logits(torch.full((1, 1, 2, 2), -1.5), weight, bias).item() == -1.5
    features = torch.full((1, 1, 8, 8), -10.0)
    features[0, 0, 3, 3] = 6.0
    assert features.mean() < -9 and pcam_logits(features, weight, bias).item() > 5.9


def test_very_negative_cells_stay_finite():
    features = torch.full((1, 1, 2, 2), -300.0, requires_grad=True)
    logits = pcam_logits(features, torch.ones(1, 1), torch.zeros(1))
    assert logits.item() == -300
    (gradient,) = torch.autograd.grad(logits.sum(), features)
    torch.testing.assert_close(gradient, torch.full((1, 1, 2, 2), 0.25))
