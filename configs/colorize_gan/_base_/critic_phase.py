"""Second phase: the critic alone, eq. (6), against the generator of the first, until it tells them apart no better."""

_base_ = "./joint_phase.py"

optim_wrapper = dict(generator=None)

monitor = dict(monitor="color/critic_auc", rule="greater")
default_hooks = dict(
    checkpoint=dict(save_best=monitor["monitor"], rule=monitor["rule"]),
    hand_over=dict(parts=("generator",)),
    early_stopping=dict(patience=3, min_delta=0.005, **monitor),
)
_base_.default_hooks.pop("picture_grid")
_base_.default_hooks.pop("generator_ema")
