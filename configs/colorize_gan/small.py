"""The same GAN for some hundred photographs on one CPU core.

ResNet-18 from scratch, 96 px; φ is an untrained network, which is weaker.
"""

_base_ = "./paper.py"

model = dict(
    generator=dict(encoder="resnet18", weights=None, decoder_channels=(128, 64, 48, 32, 16)),
    discriminator=dict(channels=(32, 64, 128, 256)),
    feature_extractor=dict(name="resnet18", weights="random", out_indices=(0, 1)),
    feature_weight=1.0,
    render_size=256,
)

optim_wrapper = dict(generator=dict(optimizer=dict(lr=3e-4)), discriminator=dict(optimizer=dict(lr=1.5e-3)))
param_scheduler = dict(type="CosineAnnealingLR", T_max=8, eta_min_ratio=0.05, by_epoch=True, convert_to_iter_based=True)

data_root = "datasets/color"
train_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(data_root=data_root, image_size=96))
val_dataloader = dict(batch_size=16, num_workers=1, dataset=dict(data_root=data_root, image_size=96))
test_dataloader = val_dataloader

train_cfg = dict(max_epochs=8)
default_hooks = dict(logger=dict(interval=10))
