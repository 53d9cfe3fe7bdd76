"""A ResNet-101 encoder, four convolutions in each block of the decoder, one layer more in the critic."""

_base_ = "./gan.py"

model = dict(generator=dict(encoder="resnet101", block_depth=4), discriminator=dict(channels=(64, 128, 256, 512, 512)))
