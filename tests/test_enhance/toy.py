"""A small classifier with any head, for the attention tests."""

import torch
from torch import Tensor, nn


class ToyClassifier(nn.Module):
    """Two convolutions, then a head. `linear=True`: GAP + FC, with `linear_weight`; else no closed form."""

    def __init__(self, labels: int = 4, channels: int = 6, linear: bool = True) -> None:
        super().__init__()
        self.label_names = [f"label {i}" for i in range(labels)]
        self.activation = "sigmoid"
        self.input_size = 16
        self.body = nn.Sequential(nn.Conv2d(1, 5, 3, 2, 1), nn.Tanh(), nn.Conv2d(5, channels, 3, 2, 1), nn.ELU())
        self.fc = nn.Linear(channels, labels)
        self.hidden = None if linear else nn.Sequential(nn.Linear(channels, channels), nn.Tanh(), nn.Dropout(0.5))

    def extract_feat(self, images: Tensor) -> Tensor:
        return self.body(images)

    def head(self, features: Tensor) -> Tensor:
        pooled = features.mean((2, 3))
        return self.fc(pooled if self.hidden is None else self.hidden(pooled) + features.amax((2, 3)))

    def linear_weight(self) -> Tensor | None:
        return self.fc.weight if self.hidden is None else None


def images(batch: int = 3, side: int = 16) -> Tensor:
    return torch.rand(batch, 1, side, side, generator=torch.Generator().manual_seed(batch))
