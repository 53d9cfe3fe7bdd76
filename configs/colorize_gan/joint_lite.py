"""Third phase, some thousand photographs on a CPU: generator and critic."""

_base_ = ["./_base_/gan_lite.py", "./_base_/joint_phase.py"]

model = dict(generator=dict(weights=None))
load_from = "work_dirs/critic_lite/best_*.pth"
train_cfg = dict(max_epochs=30)  # of 1,500 images
