"""The running mean of the generator's weights: what is validated, saved and used to colorize."""

from typing import Any

from mmengine.dist import broadcast
from mmengine.hooks import EMAHook
from mmengine.registry import HOOKS, MODELS
from mmengine.runner import Runner

PREFIX = "generator."


@HOOKS.register_module()
class GeneratorEMAHook(EMAHook):
    """mmengine's `EMAHook` for the generator alone: D stays the one that G plays against, φ is not copied.

    Checkpoints hold the mean in `state_dict`, so that they colorize with it, and G itself in `ema_state_dict`. The mean
    is one of the weights; running statistics of batch norm and the vectors of spectral norm are those of the newest G.
    The arguments are those of `EMAHook`; `momentum` is the share of the newest weights, and with gradients gathered
    over k iterations `interval=k` counts steps.
    """

    def before_run(self, runner: Runner) -> None:
        """Copy the generator, without the wrappers of distributed training."""
        model: Any = getattr(runner.model, "module", runner.model)
        self.src_model = getattr(model.generator, "module", model.generator)
        self.ema_model = MODELS.build(self.ema_cfg, default_args={"model": self.src_model})

    def before_val_epoch(self, runner: Runner) -> None:
        """Validate with the mean, in all processes with the buffers of the first, which are those that get saved."""
        for buffer in self.src_model.buffers():
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
