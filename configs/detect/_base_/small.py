"""256 x 256 and a schedule from scratch for some hundred images: AdamW, warm-up, clipped gradients, 14 epochs."""

_base_ = ["./lesions.py"]
image_scale = (256, 256)
_base_.train_pipeline[2].scale = image_scale  # Resize
_base_.test_pipeline[1].scale = image_scale
train_dataloader = dict(batch_size=8, num_workers=2, dataset=dict(pipeline=_base_.train_pipeline))
val_dataloader = dict(num_workers=2, dataset=dict(pipeline=_base_.test_pipeline))
test_dataloader = val_dataloader
optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="AdamW", lr=5e-4, weight_decay=1e-4),
    clip_grad=dict(max_norm=10, norm_type=2),
)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.01, by_epoch=False, begin=0, end=60),
    dict(type="MultiStepLR", begin=0, end=14, by_epoch=True, milestones=[10, 13], gamma=0.1),
]
train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=14, val_interval=7)
auto_scale_lr = dict(enable=False, base_batch_size=8)
