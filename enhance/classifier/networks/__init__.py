"""The networks of papers 001, 003 and 004, in timm's registry: `AttentionClassifier(backbone=dict(model_name=...))`."""

from enhance.classifier.networks.conv_gap import inception_v3_conv_gap, vgg16_conv_gap, xception_conv_gap
from enhance.classifier.networks.features_and_head import FeaturesAndHead
from enhance.classifier.networks.frozen import densenet201_frozen, vgg16_frozen
from enhance.classifier.networks.last_conv import alexnet_last_conv, vgg16_last_conv, vgg19_last_conv
from enhance.classifier.networks.lrn_cnn import lrn_cnn

__all__ = [
    "FeaturesAndHead",
    "alexnet_last_conv",
    "densenet201_frozen",
    "inception_v3_conv_gap",
    "lrn_cnn",
    "vgg16_conv_gap",
    "vgg16_frozen",
    "vgg16_last_conv",
    "vgg19_last_conv",
    "xception_conv_gap",
]
