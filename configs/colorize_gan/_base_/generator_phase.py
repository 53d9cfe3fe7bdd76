"""First phase: the generator alone on L_C, eq. (4), until the feature distance to the truth stops falling."""

_base_ = "./joint_phase.py"

optim_wrapper = dict(discriminator=None)

monitor = dict(monitor="color/feature_distance", rule="less")
default_hooks = dict(checkpoint=dict(save_best=monitor["monitor"]), early_stopping=monitor)
_base_.default_hooks.pop("hand_over")
