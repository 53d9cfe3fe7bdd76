"""AlexNet, VGG16 and VGG19 whose F is the last convolution with its ReLU (paper 003 §2.C and §3.B).

timm's VGG and torchvision's AlexNet pool once more within their features. Here the pooling begins the head, so that
the maps are the layers that paper 003 looks at: 13 x 13 cells for AlexNet, 14 x 14 for VGG at 227 pixels.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import timm
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from timm.models import build_model_with_cfg, generate_default_cfgs, register_model
from torch import nn
from torchvision.models import AlexNet, AlexNet_Weights

from enhance.classifier.networks.features_and_head import FeaturesAndHead

default_cfgs = generate_default_cfgs(
    {
        "alexnet_last_conv.tv_in1k": dict(
            url=AlexNet_Weights.IMAGENET1K_V1.url,
            num_classes=1000,
            input_size=(3, 224, 224),
            mean=IMAGENET_DEFAULT_MEAN,
            std=IMAGENET_DEFAULT_STD,
            first_conv="features.0",
            classifier="classifier.6",
        )
    }
)
"""Read by timm's `register_model`: where AlexNet's weights are, and which layers change with channels and classes."""


def _alexnet(num_classes: int = 1000, in_chans: int = 3, drop_rate: float = 0.5) -> AlexNet:
    network = AlexNet(num_classes, drop_rate)
    if in_chans != 3:
        network.features[0] = nn.Conv2d(in_chans, 64, 11, 4, 2)
    return network


@register_model
def alexnet_last_conv(pretrained: bool = False, **kwargs: Any) -> FeaturesAndHead:
    """torchvision's AlexNet, by name or from a local file as timm's networks. F is (B, 256, h, w).

    Args:
        pretrained: Load torchvision's ImageNet weights, all but the last layer unless it has 1000 classes.
        kwargs: `num_classes`, `in_chans`, `drop_rate` (0.5), `pretrained_cfg_overlay`.
    """
    network = build_model_with_cfg(_alexnet, "alexnet_last_conv", pretrained, **kwargs)
    pool, average, flat = network.features[-1], network.avgpool, nn.Flatten()
    head = OrderedDict(pool=pool, average=average, flat=flat, classifier=network.classifier)
    return FeaturesAndHead(network.features[:-1], nn.Sequential(head))


@register_model
def vgg16_last_conv(pretrained: bool = False, **kwargs: Any) -> FeaturesAndHead:
    """timm's VGG16. F is (B, 512, h, w).

    Args:
        pretrained: Load timm's ImageNet weights, all but the last layer unless it has 1000 classes.
        kwargs: For timm's VGG16: `num_classes`, `in_chans`, `drop_rate` (timm's 0; 0.5 in VGG's paper), ...
    """
    return _vgg("vgg16", pretrained, **kwargs)


@register_model
def vgg19_last_conv(pretrained: bool = False, **kwargs: Any) -> FeaturesAndHead:
    """timm's VGG19, see `vgg16_last_conv`."""
    return _vgg("vgg19", pretrained, **kwargs)


def _vgg(name: str, pretrained: bool, **kwargs: Any) -> FeaturesAndHead:
    network: Any = timm.create_model(name, pretrained=pretrained, **kwargs)
    head = OrderedDict(pool=network.features[-1], pre_logits=network.pre_logits, head=network.head)
    return FeaturesAndHead(network.features[:-1], nn.Sequential(head))
