"""RetinaNet with half the channels, for the phantom: it learns slower than Faster R-CNN, and its epochs are cheaper."""

_base_ = ["./_base_/retinanet_r18.py", "./_base_/demo.py"]
model = dict(backbone=dict(base_channels=32), neck=dict(in_channels=[32, 64, 128, 256]))
optim_wrapper = dict(optimizer=dict(lr=1e-3))
param_scheduler = [
    dict(type="LinearLR", start_factor=0.01, by_epoch=False, begin=0, end=30),
    dict(type="MultiStepLR", begin=0, end=14, by_epoch=True, milestones=[10, 13], gamma=0.1),
]
train_cfg = dict(max_epochs=14, val_interval=14)
