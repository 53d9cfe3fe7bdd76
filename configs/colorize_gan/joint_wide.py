"""Third phase, twice the channels: generator and critic."""

_base_ = ["./_base_/gan_wide.py", "./_base_/joint_phase.py"]

model = dict(generator=dict(weights=None))
load_from = "work_dirs/critic_wide/best_*.pth"
