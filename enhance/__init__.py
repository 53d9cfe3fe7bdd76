"""From a gray image to an enhanced one. Importing registers the classifier, the attention methods and the enhancer."""

from enhance import attention
from enhance.classifier import AttentionClassifier
from enhance.fusion import Enhancer, fuse
from enhance.metrics import AUROCMetric

__all__ = ["AUROCMetric", "AttentionClassifier", "Enhancer", "attention", "fuse"]
