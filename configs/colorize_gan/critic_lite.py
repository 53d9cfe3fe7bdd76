"""Second phase, some thousand photographs on a CPU: the critic alone."""

_base_ = ["./_base_/gan_lite.py", "./_base_/critic_phase.py"]

model = dict(generator=dict(weights=None))
load_from = "work_dirs/generator_lite/best_*.pth"
optim_wrapper = dict(discriminator=dict(optimizer=dict(lr=5 * 3e-4)))
