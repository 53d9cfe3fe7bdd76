"""Third phase, more layers: generator and critic."""

_base_ = ["./_base_/gan_deep.py", "./_base_/joint_phase.py"]

model = dict(generator=dict(weights=None))
load_from = "work_dirs/critic_deep/best_*.pth"
