"""The colorization GAN of paper 002, section 3.2, and its images: what the three phases share.

Stated by the paper: ResNet-34 pretrained on ImageNet, self-attention GAN, losses (3)-(6). Everything else here is our
choice: sizes, 256 px, batch, φ = VGG-16 after [13], and that `colorize` shows G at most 512 px. Without network access
give local files as the two `weights`.
"""

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

data_root = "datasets/imagenet"
train_dataloader = dict(
    batch_size=32,
    num_workers=8,
    persistent_workers=False,  # see training/resume.py
    drop_last=True,
    sampler=dict(type="PartialSampler", num_images=50_000),  # an "epoch": validated and saved after that many images
    collate_fn=dict(type="default_collate"),
    dataset=dict(type="ColorImageDataset", data_root=data_root, ann_file="train.json", image_size=256, augment=True),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type="DefaultSampler", shuffle=False),
    collate_fn=dict(type="default_collate"),
    dataset=dict(
        type="ColorImageDataset",
        data_root=data_root,
        ann_file="val.json",  # chooses the epoch, so report on others
        image_size=256,
        augment=False,
        max_images=2_000,
    ),
)
test_dataloader = dict(
    batch_size=32,
    num_workers=4,
    sampler=dict(type="DefaultSampler", shuffle=False),
    collate_fn=dict(type="default_collate"),
    dataset=dict(type="ColorImageDataset", data_root=data_root, ann_file="test.json", image_size=256, max_images=2_000),
)

val_evaluator = [dict(type="ColorizationMetric"), dict(type="PretrainedMetric", lpips="vgg", fid=True)]
test_evaluator = val_evaluator
