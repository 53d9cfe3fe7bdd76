"""256 x 256 and a schedule from scratch for some hundred images: AdamW, cosine, averaged weights, 14 epochs."""

_base_ = ["./lesions.py"]
image_scale = (256, 256)
train_pipeline = [{**step, "scale": image_scale} if step.type == "Resize" else step for step in _base_.train_pipeline]
test_pipeline = [{**step, "scale": image_scale} if step.type == "Resize" else step for step in _base_.test_pipeline]
train_dataloader = dict(batch_size=8, num_workers=2, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(num_workers=2, dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="AdamW", lr=5e-4, weight_decay=1e-4),
    clip_grad=dict(max_norm=10, norm_type=2),
)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.01, by_epoch=False, begin=0, end=60),
    dict(
        type="CosineAnnealingLR",
        by_epoch=True,
        convert_to_iter_based=True,
        begin=1,
        end=14,
        T_max=13,
        eta_min_ratio=0.01,
    ),
]
custom_hooks = [
    *_base_.custom_hooks,
    dict(type="EMAHook", ema_type="ExpMomentumEMA", momentum=0.003, gamma=100, update_buffers=True),
]
train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=14, val_interval=14)
auto_scale_lr = dict(enable=False, base_batch_size=8)
