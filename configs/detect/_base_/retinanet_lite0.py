"""RetinaNet on EfficientNet-Lite0 and an FPN of 64 channels."""

_base_ = ["./retinanet_r18.py", "./efficientnet_lite0.py"]
model = dict(
    data_preprocessor=_base_.pretrained.data_preprocessor,
    backbone=dict(_delete_=True, **_base_.pretrained.backbone),
    neck=dict(
        _delete_=True,
        type="TimmFPN",
        model_name=_base_.pretrained.backbone.model_name,
        out_channels=64,
        start_level=1,
        add_extra_convs="on_input",
        num_outs=5,
    ),
)
