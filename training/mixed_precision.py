"""Automatic mixed precision (`--amp`) on a GPU and on a CPU: for one optimizer or several, and without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from mmengine.config import ConfigDict
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS
from torch import Tensor, nn


@OPTIM_WRAPPERS.register_module()
class CPUAutocastOptimWrapper(OptimWrapper):
    """Mixed precision on a CPU, where mmengine's `AmpOptimWrapper` refuses to run.

    The forward pass is in bfloat16, whose range is float32's: no loss needs scaling. Depthwise convolutions stay in
    float32, as the gradients of PyTorch's in bfloat16 take up to seven times as long (the training step of the detector
    of `faster_rcnn_lite.py` takes 0.78 of the time).
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        keep_depthwise_in_float32(model)
        with super().optim_context(model), torch.autocast("cpu", torch.bfloat16):
            yield


def autocast(device: torch.device, enabled: bool = True) -> torch.autocast:
    """The precision of `--amp` outside of a training: float16 on a GPU, bfloat16 on a CPU; float32 if not enabled."""
    return torch.autocast(device.type, torch.float16 if device.type == "cuda" else torch.bfloat16, enabled=enabled)


def keep_depthwise_in_float32(model: nn.Module) -> None:
    """Let the depthwise convolutions of a model, in place, compute in the type of their weights under autocast too."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and 1 < module.groups == module.in_channels:
            own: Any = type(module)
            module.__class__ = _without_autocast(own)


class _WithoutAutocast:
    weight: Tensor

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.to(self.weight.dtype))  # type: ignore[misc]  # nn.Conv2d's


@cache
def _without_autocast(convolution: type) -> Any:
    """A class of the same name, so that networks look the same in print; of one that is one already, itself."""
    if issubclass(convolution, _WithoutAutocast):
        return convolution
    return type(convolution.__name__, (_WithoutAutocast, convolution), {})


def use_mixed_precision(optim_wrapper: ConfigDict) -> None:
    """Make an optimizer wrapper, or each one of several (a GAN's), run in automatic mixed precision."""
    if "optimizer" in optim_wrapper:
        if torch.cuda.is_available():
            optim_wrapper.update(type="AmpOptimWrapper", loss_scale="dynamic")
        else:
            optim_wrapper.type = "CPUAutocastOptimWrapper"
        return
    for part in optim_wrapper.values():
        if isinstance(part, dict) and "optimizer" in part:
            use_mixed_precision(part)
