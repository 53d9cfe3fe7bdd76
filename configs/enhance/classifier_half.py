"""A classifier to compare attention methods with on some hundred images and a CPU: 160 px, maps of 10 x 10 cells.

Half as many channels as a ResNet-18, from scratch, so that Score-CAM, one forward pass per channel, takes seconds per
image. The last epoch counts: nothing is selected by the images that it is tested on.
"""

_base_ = "./classifier_small.py"

input_size = 160
model = dict(backbone=dict(channels=(32, 64, 128, 256)), input_size=input_size)
train_dataloader = dict(dataset=dict(image_size=input_size))
val_dataloader = dict(dataset=dict(image_size=input_size))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=30, val_interval=5)
param_scheduler = dict(
    type="CosineAnnealingLR", T_max=30, eta_min_ratio=0.02, by_epoch=True, convert_to_iter_based=True
)
default_hooks = dict(checkpoint=dict(_delete_=True, type="CheckpointHook", interval=1, max_keep_ckpts=1))
_base_.default_hooks.pop("early_stopping")
