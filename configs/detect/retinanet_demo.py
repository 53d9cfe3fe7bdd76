"""RetinaNet with half the channels, for the phantom."""

_base_ = ["./_base_/retinanet_r18.py", "./_base_/demo.py"]
model = dict(backbone=dict(base_channels=32), neck=dict(in_channels=[32, 64, 128, 256]))
