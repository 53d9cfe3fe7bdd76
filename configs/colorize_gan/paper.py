"""Paper 002, section 3.2: ResNet-34 generator on ImageNet, lr_D = 5 lr_G.

Stated by the paper: ResNet-34 pretrained on ImageNet, self-attention GAN, losses (3)-(6), the ratio of the learning
rates. Everything else here is our choice: sizes, Adam's betas (SAGAN's), 256 px, batch, epochs, φ = VGG-16 after
[13], and that `colorize` shows G at most 512 px. Without network access give local files as the two `weights`.
"""

_base_ = ["../_base_/default_runtime.py"]
custom_imports = dict(imports=["colorize_gan", "data.resume", "data.imagenet"])

model = dict(
    type="ColorizationGAN",
    generator=dict(
        type="UNetGenerator",
        encoder="resnet34",
        weights="imagenet",
        decoder_channels=(256, 128, 96, 64, 32),
        attention_block=1,
    ),
    discriminator=dict(type="SelfAttentionDiscriminator", channels=(64, 128, 256, 512), dropout=0.2),
    feature_extractor=dict(type="FeatureExtractor", name="vgg16", weights="imagenet", out_indices=(1, 2, 3)),
    feature_weight=0.1,  # Departure: φ sums over 896 channels, see content_loss
    keep_luminance=False,
    render_size=512,
)

optim_wrapper = dict(
    type="OptimWrapper",
    constructor="GANOptimWrapperConstructor",
    generator=dict(optimizer=dict(type="Adam", lr=1e-4, betas=(0.0, 0.999))),
    discriminator=dict(optimizer=dict(type="Adam", lr=5e-4, betas=(0.0, 0.999))),
)
model_wrapper_cfg = dict(type="MMSeparateDistributedDataParallel")

data_root = "datasets/imagenet"
train_dataloader = dict(
    batch_size=32,
    num_workers=8,
    persistent_workers=False,  # see data/resume.py
    drop_last=True,
    sampler=dict(type="DefaultSampler", shuffle=True),
    collate_fn=dict(type="default_collate"),
    dataset=dict(type="ColorImageDataset", data_root=data_root, ann_file="train.json", image_size=256, augment=True),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=False),
    collate_fn=dict(type="default_collate"),
    dataset=dict(type="ColorImageDataset", data_root=data_root, ann_file="test.json", image_size=256, augment=False),
)
test_dataloader = val_dataloader

train_cfg = dict(type="EpochBasedTrainLoop", max_epochs=10, val_interval=1)
val_cfg = dict(type="ValLoop")
test_cfg = dict(type="TestLoop")
val_evaluator = dict(type="ColorizationMetric")
test_evaluator = val_evaluator
custom_hooks = [dict(type="PictureGridHook", num_images=8)]
