"""First phase: the generator alone on L_C, eq. (4), until the feature distance to the truth stops falling."""

_base_ = "./joint_phase.py"

optim_wrapper = dict(discriminator=None)

monitor = dict(monitor="color/feature_distance", rule="less")
default_hooks = dict(checkpoint=dict(save_best=monitor["monitor"]))
custom_hooks = [
    dict(type="PictureGridHook", num_images=8),
    dict(type="GeneratorEMAHook", momentum=0.002),
    dict(type="ResumableEarlyStoppingHook", patience=5, min_delta=0.0, **monitor),
]
