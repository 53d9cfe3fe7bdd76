"""Third phase, some thousand photographs on a CPU: generator and critic."""

_base_ = ["./_base_/gan_lite.py", "./_base_/joint_phase.py"]

model = dict(generator=dict(weights=None))
load_from = "work_dirs/critic_lite/best_*.pth"
optim_wrapper = dict(generator=dict(optimizer=dict(lr=3e-4)), discriminator=dict(optimizer=dict(lr=5 * 3e-4)))
train_cfg = dict(max_epochs=20)  # of 1,500 images
