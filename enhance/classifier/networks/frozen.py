"""Frozen pretrained features and a small classifier on them (paper 004 §2.2).

Max-pooling 4 x 4, flatten, dense 64 with ReLU, dense. The paper's parameter counts (131,396 and 491,844 to train with
four classes) fix the pooled map at 2 x 2 cells and so the features at 8 x 8 to 11 x 11: its 9 x 9 are those of the data
set's own 299 pixels. F is the last feature map: behind VGG16's last pooling, behind DenseNet201's last batch norm and
ReLU.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import timm
from timm.models import register_model
from torch import nn

from enhance.classifier.networks.features_and_head import FeaturesAndHead


def frozen_network(
    features: nn.Module, channels: int, num_classes: int, hidden: int = 64, cells: int = 2
) -> FeaturesAndHead:
    """A network of frozen `features` (to `channels` maps) and the paper's head.

    Args:
        hidden: Size of the first dense layer.
        cells: Side of the map after the 4 x 4 pooling, a quarter of F's side, rounded down.
    """
    head = OrderedDict(
        pool=nn.MaxPool2d(4),
        flat=nn.Flatten(),
        hidden=nn.Linear(channels * cells**2, hidden),
        act=nn.ReLU(inplace=True),
        fc=nn.Linear(hidden, num_classes),
    )
    return FeaturesAndHead(features, nn.Sequential(head), frozen=True)


@register_model
def vgg16_frozen(
    pretrained: bool = False, num_classes: int = 1000, hidden: int = 64, cells: int = 2, **kwargs: Any
) -> FeaturesAndHead:
    """VGG16's frozen features with a trained head: F is (B, 512, 9, 9) at 299 pixels.

    Args:
        pretrained: Load timm's VGG16 into the features.
        hidden, cells: See `frozen_network`; `cells=2` is for images of 256 to 380 pixels.
        kwargs: For timm's VGG16, such as `in_chans` and `pretrained_cfg_overlay`.
    """
    network: Any = timm.create_model("vgg16", pretrained=pretrained, **kwargs)
    return frozen_network(network.features, 512, num_classes, hidden, cells)


@register_model
def densenet201_frozen(
    pretrained: bool = False, num_classes: int = 1000, hidden: int = 64, cells: int = 2, **kwargs: Any
) -> FeaturesAndHead:
    """DenseNet201's frozen features with a trained head: F is (B, 1920, 9, 9) at 299 pixels. See `vgg16_frozen`."""
    network: Any = timm.create_model("densenet201", pretrained=pretrained, **kwargs)
    return frozen_network(network.features, 1920, num_classes, hidden, cells)
