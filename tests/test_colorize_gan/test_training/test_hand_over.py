"""What may start a phase."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from colorize_gan.training.hand_over import HandOverHook


class Pair(nn.Module):
    def __init__(self, width: int = 2) -> None:
        super().__init__()
        self.generator, self.discriminator = nn.Linear(1, width), nn.Linear(width, 1)


def hand_over(state_dict: dict, *parts: str) -> None:
    HandOverHook(parts).after_load_checkpoint(SimpleNamespace(model=Pair()), {"state_dict": state_dict})


def test_what_fits_is_taken():
    whole = Pair().state_dict()
    generator = {name: value for name, value in whole.items() if name.startswith("generator")}
    hand_over(whole, "generator", "discriminator")
    hand_over(generator, "generator")


def test_what_does_not_fit_is_named():
    whole = Pair().state_dict()
    generator = {name: value for name, value in whole.items() if name.startswith("generator")}
    with pytest.raises(ValueError, match="2 of 4 weights .* discriminator.weight first"):
        hand_over(generator, "generator", "discriminator")
    with pytest.raises(ValueError, match=r"generator: 2 of 2 weights .* generator.weight first"):
        hand_over(Pair(3).state_dict(), "generator")
    with pytest.raises(ValueError, match="1 of 2"):
        hand_over(whole | {"generator.bias": torch.zeros(5)}, "generator")
