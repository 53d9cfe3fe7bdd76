"""Automatic mixed precision (`--amp`) on a GPU and on a CPU, for one optimizer or several."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.config import ConfigDict
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class CPUAutocastOptimWrapper(OptimWrapper):
    """Mixed precision on a CPU, where mmengine's `AmpOptimWrapper` refuses to run.

    The forward pass is in bfloat16, whose range is float32's: no loss needs scaling.
    """

    @contextmanager
    def optim_context(self, model: torch.nn.Module) -> Iterator[None]:
        with super().optim_context(model), torch.autocast("cpu", torch.bfloat16):
            yield


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
