"""From one phase to the next: a checkpoint that does not fit stops the run instead of leaving weights random."""

from typing import Any

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from data.errors import UserError


@HOOKS.register_module()
class HandOverHook(Hook):
    """Refuse to start from a checkpoint that lacks weights of the named parts or has them in other shapes.

    mmengine would warn and go on with what it had, here with a random network.

    Args:
        parts: `"generator"`, `"discriminator"`, or both.

    Raises:
        UserError: on loading such a checkpoint.
    """

    def __init__(self, parts: tuple[str, ...]) -> None:
        self.parts = tuple(parts)

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Compare names and shapes."""
        model: Any = getattr(runner.model, "module", runner.model)
        wanted = {k: v.shape for k, v in model.state_dict().items() if k.split(".")[0] in self.parts}
        found = {k: v.shape for k, v in checkpoint["state_dict"].items() if k in wanted}
        unfit = [name for name, shape in wanted.items() if found.get(name) != shape]
        if unfit:
            raise UserError(
                f"load_from does not fit this phase's {' and '.join(self.parts)}: {len(unfit)} of {len(wanted)} "
                f"weights are missing or have another shape, {unfit[0]} first. All phases must be of one size, in "
                "their order."
            )
