"""Second phase, twice the channels: the critic alone."""

_base_ = ["./_base_/gan_wide.py", "./_base_/critic_phase.py"]

model = dict(generator=dict(weights=None))
load_from = "work_dirs/generator_wide/best_*.pth"
