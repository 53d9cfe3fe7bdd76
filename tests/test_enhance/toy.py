"""A small classifier with any head, timm networks, and what the attention tests compare with."""

from copy import deepcopy
from functools import cache

import pytest
import torch
from torch import Tensor, nn

from enhance.attention import CAM, CAWE, CRM, GradCAM, GradCAMPlusPlus, LayerCAM, ScoreCAM, StrongestChannel
from enhance.attention.base import ClassAttention
from enhance.classifier.model import AttentionClassifier

TOYS = [dict(linear=linear, relu=relu) for linear in (True, False) for relu in (True, False)]
"""A head with and without a closed form, features with negative values and with dead channels."""
NETWORKS = ("test_resnet", "mobilenetv3_small_050", "test_convnext")
"""A linear head, a head with a convolution, a head with a norm; 96, 288 and 64 feature maps."""
TARGETS = torch.tensor([2, 0, 3])
METHODS = (CAWE, CAM, GradCAM, GradCAMPlusPlus, LayerCAM, ScoreCAM, CRM, StrongestChannel)
BY_CLASS = tuple(method for method in METHODS if issubclass(method, ClassAttention))
SIGNED = (CAM, StrongestChannel)
"""Methods whose maps may be negative."""


class ToyClassifier(nn.Module):
    """Two convolutions, then a head.

    Args:
        linear: GAP + FC, with `linear_weight`; else no closed form.
        relu: The features end in a ReLU, channel 0 is dead and channel 1 constant; else in an ELU, some are negative.
    """

    def __init__(self, labels: int = 4, channels: int = 6, linear: bool = True, relu: bool = False) -> None:
        super().__init__()
        self.label_names = [f"label {i}" for i in range(labels)]
        self.activation = "sigmoid"
        self.input_size = 16
        last = nn.ReLU() if relu else nn.ELU()
        self.body = nn.Sequential(nn.Conv2d(1, 5, 3, 2, 1), nn.Tanh(), nn.Conv2d(5, channels, 3, 2, 1), last)
        self.fc = nn.Linear(channels, labels)
        self.hidden = None if linear else nn.Sequential(nn.Linear(channels, channels), nn.Tanh(), nn.Dropout(0.5))
        if relu:
            self.make_constant(0, -1.0)
            self.make_constant(1, 0.7)

    def make_constant(self, channel: int, value: float) -> None:
        """Let a channel be `value` before the last activation, everywhere and for every image."""
        with torch.no_grad():
            self.body[2].weight[channel] = 0.0
            self.body[2].bias[channel] = value

    def extract_feat(self, images: Tensor) -> Tensor:
        return self.body(images)

    def head(self, features: Tensor) -> Tensor:
        pooled = features.mean((2, 3))
        return self.fc(pooled if self.hidden is None else self.hidden(pooled) + features.amax((2, 3)))

    def linear_weight(self) -> Tensor | None:
        return self.fc.weight if self.hidden is None else None

    def probabilities(self, logits: Tensor) -> Tensor:
        return logits.softmax(1) if self.activation == "softmax" else logits.sigmoid()


def images(batch: int = 3, side: int = 16) -> Tensor:
    return torch.rand(batch, 1, side, side, generator=torch.Generator().manual_seed(batch))


def toy_case(options: dict, seed: int) -> tuple[ToyClassifier, Tensor]:
    """A random float64 classifier and its features (3, K, 4, 4) of `images()`."""
    torch.manual_seed(seed)
    classifier = ToyClassifier(**options).double().eval()
    return classifier, classifier.extract_feat(images().double()).detach()


@cache
def network(name: str, **options) -> AttentionClassifier:
    """A timm network with random weights and four labels, float32; not to be changed."""
    torch.manual_seed(0)
    backbone = dict(model_name=name, in_chans=1)
    return AttentionClassifier(backbone, ["a", "b", "c", "d"], mean=[0.5], std=[0.25], **options).eval()


@cache
def network_case(name: str, **options) -> tuple[AttentionClassifier, Tensor]:
    """The network in float64 and its features (2, K, 2, 2) of `images(2, 64)`; not to be changed."""
    classifier = deepcopy(network(name, **options)).double()
    return classifier, classifier.extract_feat(images(2, 64).double()).detach()


def score_gradient(classifier: nn.Module, features: Tensor, target: int) -> Tensor:
    """dS_c / dF (K, h, w) of one image's F (K, h, w), by autograd."""
    leaf = features.detach().clone().requires_grad_()
    score = classifier.head(leaf[None])[0, target]
    return torch.autograd.grad(score, leaf)[0]


def assert_equal_maps(maps: Tensor, expected: Tensor, rtol: float = 1e-9) -> None:
    """Equal to a part of the highest expected value of each map; zeros everywhere would show nothing."""
    top = expected.abs().amax((1, 2), keepdim=True)
    assert (top > 0).any(), "only zero maps are compared"
    assert maps.shape == expected.shape
    torch.testing.assert_close(
        maps.double() / top.where(top > 0, 1.0), expected / top.where(top > 0, 1.0), atol=rtol, rtol=0
    )


def pairs(methods):
    """Parameters (method, options of the toy): every head, but for CAM the linear one."""
    cases = [(method, options) for method in methods for options in TOYS if options["linear"] or method is not CAM]
    names = ["{}-{}-{}".format(m.__name__, *(("no_" * (not o[k]) + k) for k in ("linear", "relu"))) for m, o in cases]
    return pytest.mark.parametrize("method, options", cases, ids=names)


def maps_of(method, classifier, batch, targets=TARGETS):
    """The maps for the targets, for the methods that know any."""
    return method(classifier)(batch, targets) if method in BY_CLASS else method(classifier)(batch)


def toy(options, seed=0):
    torch.manual_seed(seed)
    return ToyClassifier(**options)
