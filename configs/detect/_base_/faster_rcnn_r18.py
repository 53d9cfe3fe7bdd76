"""Faster R-CNN with ResNet-18 and an FPN of 64 channels, from scratch: every layer trains, batch norm too.

Fewer samples and proposals than mmdet's keep RoIAlign and NMS, which run on one core, from taking half of the time.
mmdet's anchors and its choice of a region's level are made for images of 800 px, where a lesion of 30 px is small; at
256 px it is common, and would be cut out at stride 4, where the features see little of the image. Here both are made
for smaller boxes.
"""

_base_ = ["mmdet::_base_/models/faster-rcnn_r50_fpn.py"]
model = dict(
    backbone=dict(depth=18, frozen_stages=-1, norm_eval=False, init_cfg=None),
    neck=dict(in_channels=[64, 128, 256, 512], out_channels=64),
    rpn_head=dict(in_channels=64, feat_channels=64, anchor_generator=dict(scales=[4])),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=64, finest_scale=24, roi_layer=dict(sampling_ratio=2)),
        bbox_head=dict(
            type="PriorCorrectedBBoxHead", background_odds=8, in_channels=64, fc_out_channels=256, num_classes=1
        ),
    ),
    train_cfg=dict(rpn_proposal=dict(nms_pre=500, max_per_img=500), rcnn=dict(sampler=dict(num=64))),
    test_cfg=dict(rpn=dict(max_per_img=128), rcnn=dict(score_thr=0.001)),
)
