"""The same GAN for the phantom's color pictures, in one phase: 64 px, about a minute on one CPU core."""

_base_ = ["./_base_/gan_small.py", "./_base_/joint_phase.py"]

model = dict(
    generator=dict(decoder_channels=(64, 48, 32, 24, 16)),
    discriminator=dict(channels=(24, 48, 96)),
)

optim_wrapper = dict(generator=dict(optimizer=dict(lr=4e-4)), discriminator=dict(optimizer=dict(lr=5 * 4e-4)))

data_root = "datasets/demo/color"
train_dataloader = dict(dataset=dict(data_root=data_root, image_size=64))
val_dataloader = dict(dataset=dict(data_root=data_root, image_size=64))
test_dataloader = dict(dataset=dict(data_root=data_root, image_size=64))

train_cfg = dict(max_epochs=5)
default_hooks = dict(logger=dict(interval=10), generator_ema=dict(momentum=0.02))
_base_.default_hooks.pop("hand_over")
_base_.default_hooks.pop("early_stopping")
