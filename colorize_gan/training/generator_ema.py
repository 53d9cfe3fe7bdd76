"""The running mean of the generator's weights: what is validated, saved and used to colorize."""

from itertools import chain
from typing import Any

from mmengine.dist import broadcast
from mmengine.hooks import EMAHook
from mmengine.model import ExponentialMovingAverage
from mmengine.registry import HOOKS, MODELS
from mmengine.runner import Runner
from torch import nn

PREFIX = "generator."


@MODELS.register_module()
class GeneratorAverage(ExponentialMovingAverage):
    """The running mean of the weights, and of the statistics of batch norm that belong to them.

    Statistics of the newest weights do not fit the mean ones: they cost colors and error. Vectors of spectral norm are
    averaged too, and kept at length 1.
    """

    def __init__(self, model: nn.Module, **options: Any) -> None:
        super().__init__(model, update_buffers=True, **options)

    def update_parameters(self, model: nn.Module) -> None:
        super().update_parameters(model)
        for name, value in self.avg_parameters.items():
            if name.endswith(("._u", "._v")):
                value.div_(value.norm())


@HOOKS.register_module()
class GeneratorEMAHook(EMAHook):
    """mmengine's `EMAHook` for the generator alone: D stays the one that G plays against, φ is not copied.

    Checkpoints hold the mean in `state_dict`, so that they colorize with it, and G itself in `ema_state_dict`.
    The arguments are those of `EMAHook`; `momentum` is the share of the newest weights, and with gradients gathered
    over k iterations `interval=k` counts steps.
    """

    def __init__(self, ema_type: str = "GeneratorAverage", **options: Any) -> None:
        super().__init__(ema_type=ema_type, **options)

    def before_run(self, runner: Runner) -> None:
        """Copy the generator, without the wrappers of distributed training."""
        model: Any = getattr(runner.model, "module", runner.model)
        self.src_model = getattr(model.generator, "module", model.generator)
        self.ema_model = MODELS.build(self.ema_cfg, default_args={"model": self.src_model})

    def before_val_epoch(self, runner: Runner) -> None:
        """Validate with the mean, in all processes with the buffers of the first, which are those that get saved."""
        for buffer in chain(self.src_model.buffers(), self.ema_model.module.buffers()):
            broadcast(buffer)
        super().before_val_epoch(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Put the mean where a checkpoint has the generator, and the generator beside it."""
        part = {"state_dict": _generator(checkpoint)}
        super().before_save_checkpoint(runner, part)
        checkpoint["state_dict"].update({PREFIX + name: value for name, value in part["state_dict"].items()})
        checkpoint["ema_state_dict"] = part["ema_state_dict"]

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Take up mean and generator of a resumed run; else both start from the generator of the checkpoint."""
        part = {**checkpoint, "state_dict": _generator(checkpoint)}
        super().after_load_checkpoint(runner, part)
        checkpoint["state_dict"].update({PREFIX + name: value for name, value in part["state_dict"].items()})


def _generator(checkpoint: dict) -> dict:
    """The generator's weights of a checkpoint, under the names that the generator has for them."""
    return {name.removeprefix(PREFIX): v for name, v in checkpoint["state_dict"].items() if name.startswith(PREFIX)}
