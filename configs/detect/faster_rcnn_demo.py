"""`faster_rcnn_lite.py` for the phantom."""

_base_ = ["./_base_/faster_rcnn_lite0.py", "./_base_/demo.py"]
