"""From a gray image to an enhanced one. Importing registers classifier, networks, attention methods and enhancer."""

from enhance import attention, classical, networks
from enhance.class_metrics import ClassMetric
from enhance.classifier import AttentionClassifier
from enhance.fusion import Enhancer, fuse
from enhance.metrics import AUROCMetric

__all__ = [
    "AUROCMetric",
    "AttentionClassifier",
    "ClassMetric",
    "Enhancer",
    "attention",
    "classical",
    "fuse",
    "networks",
]
