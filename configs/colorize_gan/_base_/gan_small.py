"""The same GAN for some hundred photographs on one CPU core.

ResNet-18 from scratch, 96 px; φ is an untrained network, which is weaker.
"""

_base_ = "./gan.py"

model = dict(
    generator=dict(encoder="resnet18", weights=None, decoder_channels=(128, 64, 48, 32, 16)),
    discriminator=dict(channels=(32, 64, 128, 256)),
    feature_extractor=dict(name="resnet18", weights="random", out_indices=(0, 1)),
    feature_weight=1.0,
    render_size=256,
)

data_root = "datasets/color"
train_dataloader = dict(batch_size=8, num_workers=1, dataset=dict(data_root=data_root, image_size=96))
val_dataloader = dict(batch_size=16, num_workers=1, dataset=dict(data_root=data_root, image_size=96))
test_dataloader = dict(batch_size=16, num_workers=1, dataset=dict(data_root=data_root, image_size=96))

val_evaluator = [dict(type="ColorizationMetric")]
test_evaluator = val_evaluator
