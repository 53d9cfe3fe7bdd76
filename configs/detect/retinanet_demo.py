"""`retinanet_lite.py` for the phantom."""

_base_ = ["./_base_/retinanet_lite0.py", "./_base_/demo.py"]
