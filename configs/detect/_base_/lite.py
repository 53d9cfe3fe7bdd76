"""As `small.py`, but 320 x 320, for a backbone that was pretrained on ImageNet."""

_base_ = ["./small.py"]
image_scale = (320, 320)
train_pipeline = [{**step, "scale": image_scale} if step.type == "Resize" else step for step in _base_.train_pipeline]
test_pipeline = [{**step, "scale": image_scale} if step.type == "Resize" else step for step in _base_.test_pipeline]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
