"""SGD as in paper 002, section 3.5: learning rate 0.02 at 32 images per iteration (`--auto-scale-lr` for other
batches).

Not stated there, so mmdet's 1x schedule: 12 epochs, momentum 0.9, weight decay 1e-4, warm-up over 500 iterations.
"""

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="SGD", lr=0.02, momentum=0.9, weight_decay=1e-4))
param_scheduler = [
    dict(type="LinearLR", start_factor=0.001, by_epoch=False, begin=0, end=500),
    dict(type="MultiStepLR", begin=0, end=12, by_epoch=True, milestones=[8, 11], gamma=0.1),
]
auto_scale_lr = dict(enable=False, base_batch_size=32)
train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=12, val_interval=1)
