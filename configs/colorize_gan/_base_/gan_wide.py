"""Twice the channels in decoder and critic."""

_base_ = "./gan.py"

model = dict(
    generator=dict(decoder_channels=(512, 256, 192, 128, 64)), discriminator=dict(channels=(128, 256, 512, 1024))
)
