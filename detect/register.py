"""Import this for mmcv's operators from torchvision, and our data set, loading, heads, hooks and metrics in mmdet."""

from detect import channels_last, dataset, loading, metrics, prior_correction, timm_backbone

__all__ = ["channels_last", "dataset", "loading", "metrics", "prior_correction", "timm_backbone"]
