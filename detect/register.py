"""Import this to have mmcv's operators from torchvision, and our data set, heads, hooks and metrics, in mmdet's
reach."""

from detect import channels_last, dataset, metrics, prior_correction, timm_backbone

__all__ = ["channels_last", "dataset", "metrics", "prior_correction", "timm_backbone"]
