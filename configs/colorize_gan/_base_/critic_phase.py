"""Second phase: the critic alone, eq. (6), against the generator of the first, until it tells them apart no better."""

_base_ = "./joint_phase.py"

optim_wrapper = dict(generator=None)

monitor = dict(monitor="color/critic_auc", rule="greater")
default_hooks = dict(checkpoint=dict(save_best=monitor["monitor"], rule=monitor["rule"]))
custom_hooks = [
    dict(type="HandOverHook", parts=("generator",)),
    dict(type="ResumableEarlyStoppingHook", patience=3, min_delta=0.005, **monitor),
]
