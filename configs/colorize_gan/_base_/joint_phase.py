"""Third phase: generator and critic against each other, eq. (3)-(6), until the Fréchet distance stops falling.

Stated by the paper: the critic learns five times as fast. Our choice: Adam's betas (SAGAN's), the averaged generator,
when to stop.
"""

_base_ = "../../_base_/default_runtime.py"
custom_imports = dict(imports=["colorize_gan.register", "training.register", "data.register"])
inference_imports = ["colorize_gan.register"]

optim_wrapper = dict(
    type="OptimWrapper",
    constructor="GANOptimWrapperConstructor",
    generator=dict(optimizer=dict(type="Adam", lr=1e-4, betas=(0.0, 0.999))),
    discriminator=dict(optimizer=dict(type="Adam", lr=5 * 1e-4, betas=(0.0, 0.999))),
)
model_wrapper_cfg = dict(type="MMSeparateDistributedDataParallel")

train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=100, val_interval=1)
val_cfg = dict(type="ValLoop")
test_cfg = dict(type="TestLoop")

monitor = dict(monitor="color/frechet_distance", rule="less")
default_hooks = dict(
    checkpoint=dict(save_best=monitor["monitor"], rule=monitor["rule"]),
    accumulation=dict(type="EpochAccumulationHook"),
    hand_over=dict(type="HandOverHook", parts=("generator", "discriminator")),
    picture_grid=dict(type="PictureGridHook", num_images=8),
    generator_ema=dict(type="GeneratorEMAHook", momentum=0.002),
    early_stopping=dict(type="ResumableEarlyStoppingHook", patience=5, min_delta=0.0, **monitor),
)
visualizer = dict(type="Visualizer", vis_backends=[dict(type="LocalVisBackend"), dict(type="TensorboardVisBackend")])
