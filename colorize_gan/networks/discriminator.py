"""The discriminator D: is a color image real or colorized?"""

from mmengine.model import BaseModule
from mmengine.registry import MODELS
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from colorize_gan.networks.self_attention import SelfAttention
from data.errors import UserError


@MODELS.register_module()
class SelfAttentionDiscriminator(BaseModule):
    """RGB (B, 3, H, W) in [0, 1] to one logit per image (B,); its sigmoid is the probability D(.) of paper 002, eq.
    (5)-(6). Or to one logit per patch.

    Every layer halves the resolution: 4x4 convolution with spectral norm, leaky ReLU, dropout. Self-attention once,
    after the second layer. No batch norm: a real image's logit must not depend on its batch. The last map is averaged
    over space, so any size of at least 2^layers pixels per side will do.

    Args:
        channels: one count per layer, at least two layers.
        dropout: probability that a channel is dropped, in training only.
        patch: judge every cell of the last map by itself, logits (B, H / 2^layers, W / 2^layers), instead of their
            mean. Departure: paper 002 has one probability per image; the losses take the mean over patches.
    """

    def __init__(
        self,
        channels: tuple[int, ...] = (64, 128, 256, 512),
        dropout: float = 0.2,
        patch: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if len(channels) < 2:
            raise UserError(f"SelfAttentionDiscriminator needs at least two layers, got channels={channels}.")
        layers: list[nn.Module] = []
        for index, (inputs, outputs) in enumerate(zip((3, *channels[:-1]), channels, strict=True)):
            layers += [spectral_norm(nn.Conv2d(inputs, outputs, 4, 2, 1)), nn.LeakyReLU(0.2), nn.Dropout2d(dropout)]
            if index == 1:
                layers.append(SelfAttention(outputs))
        self.layers = nn.Sequential(*layers)
        self.head = spectral_norm(nn.Linear(channels[-1], 1))
        self.patch = patch

    def forward(self, rgb: Tensor) -> Tensor:
        features = self.layers(2 * rgb - 1)
        features = features.movedim(1, -1) if self.patch else features.mean((2, 3))
        return self.head(features).squeeze(-1)
