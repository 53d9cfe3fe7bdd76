"""A network in two parts, called as timm's networks are."""

from __future__ import annotations

from torch import Tensor, nn


class FeaturesAndHead(nn.Module):
    """A network that is its feature maps F and a head on them.

    Args:
        features: Images (B, C, H, W) to F (B, K, h, w).
        head: F to logits (B, L); its last linear layer is the classifier.
        frozen: The features take no gradient and stay in eval mode, so that batch norm keeps its statistics.
    """

    def __init__(self, features: nn.Module, head: nn.Module, frozen: bool = False) -> None:
        super().__init__()
        self.features, self.head, self.frozen = features, head, frozen
        if frozen:
            self.features.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> FeaturesAndHead:
        """Switch to training or eval mode, all but frozen features."""
        super().train(mode)
        if self.frozen:
            self.features.eval()
        return self

    def get_classifier(self) -> nn.Linear:
        """The last linear layer."""
        return [module for module in self.head.modules() if isinstance(module, nn.Linear)][-1]

    def forward_features(self, images: Tensor) -> Tensor:
        """F (B, K, h, w) of images (B, C, H, W)."""
        return self.features(images)

    def forward_head(self, features: Tensor) -> Tensor:
        """Logits (B, L) of F (B, K, h, w)."""
        return self.head(features)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, L) of images (B, C, H, W)."""
        return self.forward_head(self.forward_features(images))
