"""φ of eq. (4): the frozen network whose feature maps compare y with G(x)."""

import logging

import torch
from mmengine.logging import print_log
from mmengine.model import BaseModule
from mmengine.registry import MODELS
from torch import Tensor

from data.errors import UserError
from training.pretrained import build_network, normalize_for


@MODELS.register_module()
class FeatureExtractor(BaseModule):
    """RGB (B, 3, H, W) in [0, 1] to one feature map (B, K, h, w) per chosen stage; frozen, always in eval mode.

    y and G(x) go through the same call, so they are normalized alike.

    Departure: paper 002 does not name φ. [13] (SRGAN), which it follows, takes VGG trained on ImageNet. With
    `weights="random"` φ is an untrained network: it compares local contrasts and colors, but knows no objects. That
    is weaker, so the log says it.

    Args:
        name: timm name of the network.
        weights: as `training.pretrained.build_network` takes them, or `"random"`.
        out_indices: stages of the network, 0 the finest.
        seed: of the random weights.

    Raises:
        UserError: if `weights` is None: φ is never random without being asked for.
        MissingFileError, UserError: when the weights are loaded, see `build_network`.
    """

    def __init__(
        self, name: str, weights: str | None = None, out_indices: tuple[int, ...] = (1, 2, 3), seed: int = 0
    ) -> None:
        super().__init__()
        if weights is None:
            raise UserError(
                "FeatureExtractor needs weights: 'imagenet', a local file, 'package:NAME', or 'random' (weaker). "
                "For no feature term at all set feature_extractor=None."
            )
        self.name, self.weights, self.out_indices, self.seed = name, weights, tuple(out_indices), seed
        self.network = build_network(name, features_only=True, out_indices=self.out_indices)
        self.loaded = False
        self.requires_grad_(False).eval()

    def init_weights(self) -> None:
        """Load or draw the weights; the Runner calls this before training, else the first call does."""
        weights = None if self.weights == "random" else self.weights
        if weights is None:
            text = f"φ of eq. (4) is an untrained {self.name} (seed {self.seed}), weaker than a trained one."
            print_log(text, "current", logging.WARNING)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            source = build_network(self.name, weights, features_only=True, out_indices=self.out_indices)
        self.network.load_state_dict(source.state_dict())
        self.loaded = True

    def train(self, mode: bool = True) -> "FeatureExtractor":
        """Stay in eval mode: the batch norm of φ must not move."""
        return super().train(False)

    def forward(self, rgb: Tensor) -> list[Tensor]:
        if not self.loaded:
            self.init_weights()
        return self.network(normalize_for(self.network, rgb))
