"""Third phase, sizes of the paper's networks: generator and critic."""

_base_ = ["./_base_/gan.py", "./_base_/joint_phase.py"]

model = dict(generator=dict(weights=None))
load_from = "work_dirs/critic/best_*.pth"
