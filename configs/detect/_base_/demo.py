"""As `lite.py`, but 192 x 192 and more epochs: for 60 images of the phantom."""

_base_ = ["./lite.py"]
image_scale = (192, 192)
train_pipeline = [{**step, "scale": image_scale} if step.type == "Resize" else step for step in _base_.train_pipeline]
test_pipeline = [{**step, "scale": image_scale} if step.type == "Resize" else step for step in _base_.test_pipeline]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
param_scheduler = [{**step, "end": 30, "T_max": 29} if step.by_epoch else step for step in _base_.param_scheduler]
train_cfg = dict(max_epochs=30, val_interval=30)
