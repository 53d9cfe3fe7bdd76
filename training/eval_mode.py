"""A module in eval mode for a while, also in the middle of its training."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Put `module` in eval mode; at the end the mode of every sub-module is its own again."""
    in_training = [part for part in module.modules() if part.training]
    for part in in_training:  # `eval` would set it anew in every part, which takes as long as a small network
        part.training = False
    try:
        yield
    finally:
        for part in in_training:
            part.training = True
