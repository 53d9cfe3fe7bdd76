"""RetinaNet with ResNet-50-FPN in the settings of paper 002, section 3.5.

Stated: 512 x 512, NMS IoU 0.5, learning rate 0.02 at 32 images (mmdet's 0.01 at 16). Not stated: at most 100 boxes per
image, score floor 0.001, gradients clipped at norm 35. A one-stage detector has no region proposals.
"""

_base_ = ["mmdet::_base_/models/retinanet_r50_fpn.py", "./lesions.py", "./schedule_paper.py"]
model = dict(
    bbox_head=dict(num_classes=1),
    test_cfg=dict(score_thr=0.001, nms=dict(type="nms", iou_threshold=0.5), max_per_img=100),
)
optim_wrapper = dict(clip_grad=dict(max_norm=35, norm_type=2))
