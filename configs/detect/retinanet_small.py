"""RetinaNet for some hundred images, on a CPU or a small GPU."""

_base_ = ["./_base_/retinanet_r18.py", "./_base_/small.py"]
