"""Faster R-CNN with ResNet-50-FPN in the settings of paper 002, section 3.5.

"The number of region-of-interest proposals is 128": the box head sees 128 regions per image, in training (sampler) as
in test (the 128 best proposals). Stated too: 512 x 512, NMS IoU 0.5. Not stated: at most 100 boxes per image, score
floor 0.001 (mmdet's 0.05 ends a FROC curve early).
"""

_base_ = ["mmdet::_base_/models/faster-rcnn_r50_fpn.py", "./lesions.py", "./schedule_paper.py"]
model = dict(
    roi_head=dict(bbox_head=dict(num_classes=1)),
    train_cfg=dict(rcnn=dict(sampler=dict(num=128))),
    test_cfg=dict(
        rpn=dict(max_per_img=128),
        rcnn=dict(score_thr=0.001, nms=dict(type="nms", iou_threshold=0.5), max_per_img=100),
    ),
)
