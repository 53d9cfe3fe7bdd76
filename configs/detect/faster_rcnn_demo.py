"""Faster R-CNN with half the channels and fewer proposals, for the phantom."""

_base_ = ["./_base_/faster_rcnn_r18.py", "./_base_/demo.py"]
model = dict(
    backbone=dict(base_channels=32),
    neck=dict(in_channels=[32, 64, 128, 256]),
    train_cfg=dict(rpn_proposal=dict(max_per_img=200)),
)
