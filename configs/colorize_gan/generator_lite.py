"""First phase, some thousand photographs on a CPU: the generator alone on L_C."""

_base_ = ["./_base_/gan_lite.py", "./_base_/generator_phase.py"]

model = dict(discriminator=None)
optim_wrapper = dict(generator=dict(optimizer=dict(lr=5e-4)))
default_hooks = dict(generator_ema=dict(momentum=0.005))  # an epoch has only some hundred iterations
train_cfg = dict(max_epochs=30)  # of 1,500 images
