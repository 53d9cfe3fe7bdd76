"""Second phase, sizes of the paper's networks: the critic alone."""

_base_ = ["./_base_/gan.py", "./_base_/critic_phase.py"]

model = dict(generator=dict(weights=None))
load_from = "work_dirs/generator/best_*.pth"
