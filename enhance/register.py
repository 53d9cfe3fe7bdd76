"""Import this to have classifier, networks, attention methods, enhancers and metrics in mmengine's root registries."""

from enhance import attention, classical, fusion
from enhance.classifier import auroc_metric, class_metric, model, networks

__all__ = ["attention", "auroc_metric", "class_metric", "classical", "fusion", "model", "networks"]
