"""Faster R-CNN for some hundred images, on a CPU or a small GPU."""

_base_ = ["./_base_/faster_rcnn_r18.py", "./_base_/small.py"]
