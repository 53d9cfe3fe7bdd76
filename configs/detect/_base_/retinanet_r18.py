"""RetinaNet with ResNet-18 and an FPN of 64 channels, from scratch: every layer trains, batch norm too."""

_base_ = ["mmdet::_base_/models/retinanet_r50_fpn.py"]
model = dict(
    backbone=dict(depth=18, frozen_stages=-1, norm_eval=False, init_cfg=None),
    neck=dict(in_channels=[64, 128, 256, 512], out_channels=64),
    bbox_head=dict(in_channels=64, feat_channels=64, num_classes=1),
    test_cfg=dict(score_thr=0.001),
)
