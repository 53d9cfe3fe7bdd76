"""Second phase, more layers: the critic alone."""

_base_ = ["./_base_/gan_deep.py", "./_base_/critic_phase.py"]

model = dict(generator=dict(weights=None))
load_from = "work_dirs/generator_deep/best_*.pth"
