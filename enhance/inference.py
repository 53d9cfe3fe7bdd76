"""Networks laid out for speed once nothing more is learned: the same pixels, or nearly, in less time."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations


def lay_out(network: nn.Module) -> None:
    """Change a network in eval mode for good, so that it only computes what depends on its input.

    Weights that are computed anew in each pass, as by spectral normalization, are kept as they are. On a CPU weights
    lie channels last: convolutions sum in another order then, by which one pixel in a million differs by one level.
    What is saved of the network afterwards fits no other of its kind, so take its hash before.
    """
    for module in list(network.modules()):
        if is_parametrized(module):
            for name in [*getattr(module, "parametrizations")]:  # noqa: B009  mypy takes it for a tensor
                remove_parametrizations(module, name)
    if all(parameter.device.type == "cpu" for parameter in network.parameters()):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
