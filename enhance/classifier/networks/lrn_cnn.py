"""The customized CNN with local response normalization of paper 003 §2.B.

Stated: 227 x 227 x 3 pixels; five convolutions of 96, 128, 256, 256, 256 filters, the first 7 x 7 with stride 2, the
others 3 x 3; ReLU after each, then local response normalization and 3 x 3 max-pooling with stride 2 after the first
two; two fully connected layers of 4096 with dropout 0.5 and one to the classes; weights drawn from N(0, 0.01^2).

Not stated, so our defaults:

- The second convolution has stride 2 and a 3 x 3 max-pooling with stride 2 follows the fifth, as in Zeiler and Fergus
  (2014), the paper's ref. 4, whose first layer it shares. The network has then 56.1 million weights for two classes,
  fewer than AlexNet's, as the paper says of it; with stride 1 it would have 195.6 million, more than any of its rivals.
- Padding 0 in the first convolution, 1 in the others; biases begin at 0.
- Normalization over 5 channels with alpha 1e-4, beta 0.75 and k 2, Krizhevsky's numbers and the defaults of Matlab,
  which the paper used and which divides alpha by the 5 channels as torch does.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from timm.models import register_model
from torch import nn

from data.errors import UserError
from enhance.classifier.networks.features_and_head import FeaturesAndHead


@register_model
def lrn_cnn(
    pretrained: bool = False,
    num_classes: int = 1000,
    in_chans: int = 3,
    drop_rate: float = 0.5,
    hidden: int = 4096,
    **_: Any,
) -> FeaturesAndHead:
    """The network of the module's docstring. F is the fifth convolution with its ReLU, (B, 256, 13, 13) at 227 pixels.

    Other image sizes work as in torchvision's AlexNet: the pooled map is averaged to the 6 x 6 cells of 227 pixels.

    Args:
        drop_rate: Of the first two fully connected layers.
        hidden: Their size.

    Raises:
        UserError: `pretrained`: there are no weights to load.
    """
    if pretrained:
        raise UserError("lrn_cnn has no pretrained weights; paper 003 trains it from scratch: leave out `weights`")
    features = nn.Sequential(
        OrderedDict(
            **_conv(1, in_chans, 96, 7, stride=2, padding=0),
            **_normalize_and_pool(1),
            **_conv(2, 96, 128, 3, stride=2),
            **_normalize_and_pool(2),
            **_conv(3, 128, 256, 3),
            **_conv(4, 256, 256, 3),
            **_conv(5, 256, 256, 3),
        )
    )
    network = FeaturesAndHead(features, _head(256, hidden, num_classes, drop_rate))
    network.apply(_draw_weights)
    return network


def _conv(number: int, inputs: int, filters: int, side: int, stride: int = 1, padding: int = 1) -> dict[str, nn.Module]:
    conv = nn.Conv2d(inputs, filters, side, stride, padding)
    return {f"conv{number}": conv, f"relu{number}": nn.ReLU(inplace=True)}


def _normalize_and_pool(number: int) -> dict[str, nn.Module]:
    return {f"norm{number}": nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2), f"pool{number}": nn.MaxPool2d(3, 2)}


def _head(channels: int, hidden: int, num_classes: int, drop_rate: float) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            pool5=nn.MaxPool2d(3, 2),
            average=nn.AdaptiveAvgPool2d(6),
            flat=nn.Flatten(),
            fc1=nn.Linear(channels * 36, hidden),
            relu6=nn.ReLU(inplace=True),
            drop1=nn.Dropout(drop_rate),
            fc2=nn.Linear(hidden, hidden),
            relu7=nn.ReLU(inplace=True),
            drop2=nn.Dropout(drop_rate),
            fc3=nn.Linear(hidden, num_classes),
        )
    )


def _draw_weights(layer: nn.Module) -> None:
    """Weights from N(0, 0.01^2), biases 0."""
    if isinstance(layer, (nn.Conv2d, nn.Linear)):
        nn.init.normal_(layer.weight, std=0.01)
        assert layer.bias is not None
        nn.init.zeros_(layer.bias)
