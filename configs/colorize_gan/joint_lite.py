"""Third phase, some thousand photographs on a CPU: generator and critic."""

_base_ = ["./_base_/gan_lite.py", "./_base_/joint_phase.py"]

model = dict(
    generator=dict(weights=None),
    pixel_weight=40,  # the critic asks for color too: with 100 as before it, colors come slower (docs/results)
)
load_from = "work_dirs/critic_lite/best_*.pth"
optim_wrapper = dict(generator=dict(optimizer=dict(lr=3e-4)), discriminator=dict(optimizer=dict(lr=5 * 3e-4)))
default_hooks = dict(
    generator_ema=dict(momentum=0.005),  # an epoch has only some hundred iterations
    early_stopping=dict(patience=10),
)
train_cfg = dict(max_epochs=40)  # of 1,500 images
