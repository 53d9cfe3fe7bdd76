"""The generator G: a U-Net on a timm ResNet encoder that turns a gray image into a colored one."""

from typing import Any, cast

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from mmengine.registry import MODELS
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from colorize_gan.networks.self_attention import SelfAttention
from data.errors import UserError
from training.pretrained import build_network, normalize_for

GRAY_MARGIN = 1 / 512
"""Half a level of 8 bits: how far pure black and white are moved so that they have a logit."""


@MODELS.register_module()
class UNetGenerator(BaseModule):
    """Gray (B, 1, H, W) in [0, 1] to RGB (B, 3, H, W) in [0, 1], any H and W.

    Encoder: ResNet (paper 002: ResNet-34 pretrained on ImageNet) fed with the gray image in all three channels.
    Decoder: one block per stage (pixel shuffle with ICNR start, skip connection, two spectrally normalized convolutions
    with batch norm); self-attention once, after block `attention_block`; the input itself joins before the last
    convolution.

    Departure: paper 002 does not say how G ends. Here it predicts a change of the gray image's logit,
    `sigmoid(logit(gray) + change)`: the output stays in range without clipping, an untrained G gives nearly the gray
    image back, and black and white stay nearly uncolored, as they must.

    Args:
        encoder: timm name of a network whose stages halve the resolution, the last at 1/32.
        weights: of the encoder, see `training.pretrained.build_network`; loaded by `init_weights`, so that building a
            model for a checkpoint of our own reads no other file.
        decoder_channels: one count per decoder block, coarse to fine, as many as the encoder has stages.
        attention_block: index of the decoder block that is followed by self-attention; 1 is 1/8 of the image's side.
        block_depth: convolutions of a decoder block.
    """

    def __init__(
        self,
        encoder: str = "resnet34",
        weights: str | None = None,
        decoder_channels: tuple[int, ...] = (256, 128, 64, 64, 32),
        attention_block: int = 1,
        block_depth: int = 2,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.encoder_name, self.encoder_weights = encoder, weights
        self.encoder = build_network(encoder, features_only=True)
        info: Any = self.encoder.feature_info
        channels = info.channels()
        self.stride = info.reduction()[-1]
        if len(decoder_channels) != len(channels) or not 0 <= attention_block < len(channels):
            raise UserError(
                f"{encoder} has {len(channels)} stages: give as many decoder_channels (got {len(decoder_channels)}) "
                f"and an attention_block below that (got {attention_block})."
            )
        inputs = (channels[-1], *decoder_channels[:-1])
        skips = (*reversed(channels[:-1]), 1)
        sizes = zip(inputs, skips, decoder_channels, strict=True)
        self.blocks = nn.ModuleList(DecoderBlock(*channels, block_depth) for channels in sizes)
        self.attention_block = attention_block
        self.attention = SelfAttention(decoder_channels[attention_block])
        self.to_change = nn.Conv2d(decoder_channels[-1], 3, 1)
        nn.init.normal_(self.to_change.weight, std=0.02)
        nn.init.zeros_(cast(Tensor, self.to_change.bias))

    def init_weights(self) -> None:
        """Load the encoder's weights where the config names some."""
        super().init_weights()
        if self.encoder_weights is not None:
            source = build_network(self.encoder_name, self.encoder_weights, features_only=True)
            self.encoder.load_state_dict(source.state_dict())

    def forward(self, gray: Tensor) -> Tensor:
        height, width = gray.shape[-2:]
        padded = F.pad(gray, (0, -width % self.stride, 0, -height % self.stride), mode="replicate")
        logit = torch.logit(padded.float(), eps=GRAY_MARGIN)
        return torch.sigmoid(logit + self._change(padded).float())[..., :height, :width]

    def _change(self, gray: Tensor) -> Tensor:
        """The change of the logit, (B, 3, H, W), for H and W multiples of the stride."""
        features = self.encoder(normalize_for(self.encoder, gray.expand(-1, 3, -1, -1)))
        skips = [*reversed(features[:-1]), gray - 0.5]
        x = features[-1]
        for index, (block, skip) in enumerate(zip(self.blocks, skips, strict=True)):
            x = block(x, skip)
            if index == self.attention_block:
                x = self.attention(x)
        return self.to_change(x)


class DecoderBlock(nn.Module):
    """Double the resolution, join the skip connection, convolve `depth` times.

    (B, I, h, w) and the skip's (B, S, 2h, 2w) to (B, O, 2h, 2w).
    """

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int, depth: int) -> None:
        super().__init__()
        self.upsample = PixelShuffleUpsample(in_channels, out_channels)
        self.join = _conv(out_channels + skip_channels, out_channels)
        self.refine = nn.Sequential(*(layer for _ in range(depth - 1) for layer in _conv(out_channels, out_channels)))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.refine(self.join(torch.cat([self.upsample(x), skip], 1)))


class PixelShuffleUpsample(nn.Module):
    """1x1 convolution, pixel shuffle, 2x2 mean: (B, I, h, w) to (B, O, 2h, 2w).

    ICNR start (Aitken et al. 2017): the four convolutions that fill a 2x2 cell begin equal, so the untrained layer
    has no checkerboard. The 2x2 mean after it removes what training brings back (Sugawara et al. 2018).
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        conv = nn.Conv2d(in_channels, out_channels * 4, 1)
        with torch.no_grad():
            for parameter in conv.parameters():
                parameter.copy_(parameter[::4].repeat_interleave(4, 0))
        self.conv = spectral_norm(conv)

    def forward(self, x: Tensor) -> Tensor:
        cells = F.pad(F.pixel_shuffle(F.relu(self.conv(x)), 2), (1, 0, 1, 0), mode="replicate")
        pairs = cells[..., 1:] + cells[..., :-1]
        return (pairs[..., 1:, :] + pairs[..., :-1, :]) / 4  # faster than avg_pool2d with stride 1


def _conv(in_channels: int, out_channels: int) -> nn.Sequential:
    convolution = spectral_norm(nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False))
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True))
