"""Convolutions with the channels innermost in memory: the same values up to rounding, sooner."""

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Lay out the weights of the model channels-last before a training; the feature maps follow the weights."""

    def before_train(self, runner: Runner) -> None:
        """Convert the model in place."""
        runner.model.to(memory_format=torch.channels_last)
