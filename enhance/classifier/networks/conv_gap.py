"""Networks cut at a layer, then a convolution, global average pooling and a dense layer (paper 001 §2.2 and §4).

Stated: 512 filters of 3 x 3 after VGG16. Not stated, so our defaults: padding 1 and a ReLU, and 512 filters of 3 x 3
after the other two as well. Paper 001 gives 17 x 17 cells for both Inception-v3 and Xception. At its 300 pixels that is
so for Inception-v3; Xception has 19 x 19 at "add_11" (also in its own paper, Chollet 2017, fig. 5), so 19 x 19 it is.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import timm
from timm.models import register_model
from torch import nn

from data.errors import UserError
from enhance.classifier.networks.features_and_head import FeaturesAndHead


def cut_after(network: nn.Module, last: str) -> nn.Sequential:
    """The children of a network that runs them in order, from the first to the one named `last`.

    Raises:
        UserError: No child has this name.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for name, layer in network.named_children():
        layers[name] = layer
        if name == last:
            return nn.Sequential(layers)
    raise UserError(f"{type(network).__name__} has no layer {last!r}; it has {list(layers)}")


def conv_gap(trunk: nn.Sequential, trunk_channels: int, channels: int, num_classes: int) -> FeaturesAndHead:
    """A network of `trunk` (to `trunk_channels` maps), a convolution to `channels` maps with ReLU, GAP and dense.

    F is (B, channels, h, w), as many cells as the trunk's.
    """
    conv = nn.Conv2d(trunk_channels, channels, 3, padding=1)
    features = nn.Sequential(OrderedDict(trunk=trunk, conv=conv, act=nn.ReLU(inplace=True)))
    pool, flat, fc = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes)
    return FeaturesAndHead(features, nn.Sequential(OrderedDict(pool=pool, flat=flat, fc=fc)))


@register_model
def vgg16_conv_gap(
    pretrained: bool = False, num_classes: int = 1000, channels: int = 512, **kwargs: Any
) -> FeaturesAndHead:
    """VGG16 up to its last convolution with ReLU, without the last pooling: 18 x 18 cells at 300 pixels.

    Args:
        pretrained: Load timm's VGG16 into the trunk.
        channels: Maps of the new convolution.
        kwargs: For timm's VGG16, such as `in_chans` and `pretrained_cfg_overlay`.
    """
    network: Any = timm.create_model("vgg16", pretrained=pretrained, **kwargs)
    return conv_gap(network.features[:-1], 512, channels, num_classes)


@register_model
def inception_v3_conv_gap(
    pretrained: bool = False, num_classes: int = 1000, channels: int = 512, **kwargs: Any
) -> FeaturesAndHead:
    """Inception-v3 up to Keras's "mixed6", here `Mixed_6d`: 17 x 17 cells at 300 pixels. Arguments: `vgg16_conv_gap`.

    Keras numbers the blocks from "mixed0" on; `Mixed_5b` is the first of them, so `Mixed_6d` the seventh.
    """
    network: Any = timm.create_model("inception_v3", pretrained=pretrained, **kwargs)
    return conv_gap(cut_after(network, "Mixed_6d"), 768, channels, num_classes)


@register_model
def xception_conv_gap(
    pretrained: bool = False, num_classes: int = 1000, channels: int = 512, **kwargs: Any
) -> FeaturesAndHead:
    """Xception up to Keras's "add_11", here `block11`: 19 x 19 cells at 300 pixels. Arguments: `vgg16_conv_gap`.

    Keras of 2019 numbers the sums from "add_1" on. The twelve blocks end in one each, so "add_11" is the last of the
    middle flow, and what follows it halves the map. (Today's Keras begins with "add"; its "add_11" has 10 x 10 cells.)
    """
    network: Any = timm.create_model("legacy_xception", pretrained=pretrained, **kwargs)
    return conv_gap(cut_after(network, "block11"), 728, channels, num_classes)
