"""Data at 160 x 160 and about a minute of training on two cores: for the phantom."""

_base_ = ["./small.py"]
image_scale = (160, 160)
train_pipeline = [{**step, "scale": image_scale} if step.type == "Resize" else step for step in _base_.train_pipeline]
test_pipeline = [{**step, "scale": image_scale} if step.type == "Resize" else step for step in _base_.test_pipeline]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
param_scheduler = [
    dict(type="LinearLR", start_factor=0.01, by_epoch=False, begin=0, end=30),
    dict(type="MultiStepLR", begin=0, end=10, by_epoch=True, milestones=[7, 9], gamma=0.1),
]
train_cfg = dict(max_epochs=10, val_interval=10)
