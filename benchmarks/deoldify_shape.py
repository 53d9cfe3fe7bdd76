"""A generator of the shape of DeOldify's "artistic" one, the peer of `benchmarks/colorizer.py`.

Written anew after the public description of DeOldify (Jason Antic, MIT licence; `deoldify/unet.py`, `layers.py` and
`generators.py`, and the layers of fastai 1.0 that they use), because DeOldify itself runs only on fastai 1.0.

Taken over: ResNet-34 encoder; `DynamicUnetDeep` with nf_factor 1.5, so its channel counts; two wide convolutions in the
middle; in every decoder block 1x1 convolution, ReLU, pixel shuffle with ICNR start and 2x2 blur, batch norm of the skip
connection, ReLU, two convolutions; convolution, ReLU, batch norm in this order; spectral norm (weight norm in the last
up-sampling); self-attention behind the block `i == len - 3`, which is 1/8 of the side, with the whole N x N matrix; the
normalized input joined at full size and a residual block there; a sigmoid scaled to -3..3.

Not taken over: weights, fastai's `Learner` and hooks, nearest interpolation for sides that are no multiples of 32, the
way from the output to a picture (denormalization, luma of the input in YUV). The encoder is timm's ResNet-34, the same
one as in our generator, so that a difference comes from the decoders. Spectral norm is PyTorch's newer one
(`parametrizations`), as in our generator.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

from training.pretrained import build_network, normalize_for

NF_FACTOR = 1.5
OUTPUT_RANGE = 3.0


class FullSelfAttention(nn.Module):
    """`x + gamma * attention(x)` with the softmax of the stored N x N scores, (B, C, H, W) to the same, N = H·W.

    Query and key have C/8 channels, the value all C; nothing is pooled, and there is no further convolution.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = spectral_norm(nn.Conv1d(channels, channels // 8, 1, bias=False))
        self.key = spectral_norm(nn.Conv1d(channels, channels // 8, 1, bias=False))
        self.value = spectral_norm(nn.Conv1d(channels, channels, 1, bias=False))
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2)
        scores = torch.bmm(self.query(tokens).transpose(1, 2).contiguous(), self.key(tokens))
        attended = torch.bmm(self.value(tokens), F.softmax(scores, dim=1))
        return x + self.gamma * attended.view_as(x)

    @staticmethod
    def matrix_bytes(tokens: int) -> int:
        """Bytes of the scores and of their softmax, which exist together, in float32 for one image."""
        return 2 * 4 * tokens**2


class DeOldifyShape(nn.Module):
    """Gray (B, 1, H, W) in [0, 1], sides multiples of 32, to (B, 3, H, W) in [-3, 3]: RGB in ImageNet's deviations."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = build_network("resnet34", features_only=True)
        *skips, width = self.encoder.feature_info.channels()
        middle = conv(width, 2 * width), conv(2 * width, width)
        self.middle = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), *middle)
        self.blocks = nn.ModuleList()
        for index, skip in enumerate(reversed(skips)):
            last, attention = index == len(skips) - 1, index == len(skips) - 3
            joined = width // 2 + skip
            out = int((joined // 2 if last else joined) * NF_FACTOR)
            self.blocks.append(UpBlock(width, skip, out, attention))
            width = out
        self.to_full_size = upsample(width, width, weight_norm)
        self.residual = nn.Sequential(conv(width + 3, width + 3, norm=False), conv(width + 3, width + 3, norm=False))
        self.head = spectral_norm(nn.Conv2d(width + 3, 3, 1))

    def forward(self, gray: Tensor) -> Tensor:
        image = normalize_for(self.encoder, gray.expand(-1, 3, -1, -1))
        *skips, x = self.encoder(image)
        x = self.middle(x)
        for block, skip in zip(self.blocks, reversed(skips), strict=True):
            x = block(x, skip)
        x = torch.cat([self.to_full_size(x), image], 1)
        x = self.head(x + self.residual(x))
        return OUTPUT_RANGE * (2 * x.sigmoid() - 1)


class UpBlock(nn.Module):
    """(B, I, h, w) and the skip's (B, S, 2h, 2w) to (B, O, 2h, 2w)."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int, attention: bool) -> None:
        super().__init__()
        self.upsample = upsample(in_channels, in_channels // 2, spectral_norm, nn.BatchNorm2d(in_channels // 2 * 4))
        self.norm = nn.BatchNorm2d(skip_channels)
        self.convs = nn.Sequential(
            conv(in_channels // 2 + skip_channels, out_channels), conv(out_channels, out_channels)
        )
        self.attention = FullSelfAttention(out_channels) if attention else nn.Identity()

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        joined = torch.cat([self.upsample(x), self.norm(skip)], 1)
        return self.attention(self.convs(F.relu(joined)))


def conv(in_channels: int, out_channels: int, norm: bool = True) -> nn.Sequential:
    """3x3 convolution with spectral norm, ReLU, batch norm."""
    convolution = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=not norm)
    layers = [spectral_norm(convolution), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.BatchNorm2d(out_channels)) if norm else nn.Sequential(*layers)


def upsample(
    in_channels: int, out_channels: int, parametrize: Callable, norm: nn.Module | None = None
) -> nn.Sequential:
    """1x1 convolution, norm, ReLU, pixel shuffle, 2x2 blur: twice the side."""
    convolution = nn.Conv2d(in_channels, 4 * out_channels, 1, bias=norm is None)
    with torch.no_grad():
        convolution.weight.copy_(convolution.weight[::4].repeat_interleave(4, 0))
    layers = [parametrize(convolution), norm or nn.Identity(), nn.ReLU(inplace=True), nn.PixelShuffle(2)]
    return nn.Sequential(*layers, nn.ReplicationPad2d((1, 0, 1, 0)), nn.AvgPool2d(2, stride=1))
