"""Two optimizers for one model: the two time-scale rule as plain numbers in the config."""

import copy

from mmengine.optim import OptimWrapper, OptimWrapperDict, build_optim_wrapper
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS
from torch import nn

from data.errors import UserError

PARTS = ("generator", "discriminator")


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class GANOptimWrapperConstructor:
    """Build `OptimWrapperDict(generator=..., discriminator=...)` for a model with those parts.

    The config has one entry per part, each an `OptimWrapper` config, so both learning rates are written out (paper 002,
    section 3.5: the discriminator's is five times the generator's). Entries beside the two are shared by both, which
    is why `optim_wrapper.type="AmpOptimWrapper"` (`tools/train.py --amp`) reaches both:

        optim_wrapper = dict(
            type="OptimWrapper",
            constructor="GANOptimWrapperConstructor",
            generator=dict(optimizer=dict(type="Adam", lr=1e-4, betas=(0.0, 0.999))),
            discriminator=dict(optimizer=dict(type="Adam", lr=5e-4, betas=(0.0, 0.999))),
        )

    A part whose entry is None is not trained: `generator=None` is the phase of the critic alone.

    Raises:
        UserError: if the parts of the config and of the model differ, or none is trained.
    """

    def __init__(self, optim_wrapper_cfg: dict, paramwise_cfg: dict | None = None) -> None:
        if paramwise_cfg is not None:
            raise UserError(
                "paramwise_cfg belongs inside the generator's or the discriminator's entry of optim_wrapper."
            )
        shared = copy.deepcopy(dict(optim_wrapper_cfg))
        own = {part: shared.pop(part) for part in PARTS if part in shared}
        self.configs = {part: config and {**shared, **config} for part, config in own.items()}

    def __call__(self, model: nn.Module) -> OptimWrapperDict:
        model = getattr(model, "module", model)
        parts = {part: getattr(model, part) for part in PARTS if getattr(model, part, None) is not None}
        trained = {part: config for part, config in self.configs.items() if config is not None}
        if not trained or not set(trained) <= set(parts) <= set(self.configs):
            raise UserError(
                f"optim_wrapper trains {sorted(trained)} and has entries for {sorted(self.configs)}, but the model has "
                f"{sorted(parts)}: give one entry for each part, None for one that is not to be trained."
            )
        wrappers: dict[str, OptimWrapper] = {
            part: build_optim_wrapper(parts[part], config) for part, config in trained.items()
        }
        return OptimWrapperDict(**wrappers)
