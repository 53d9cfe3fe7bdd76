"""Any network of timm under mmdet's detectors."""

import detect.mmcv_extension  # isort: skip  # noqa: F401  mmdet asks for mmcv._ext

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from mmdet.models.necks import FPN
from mmdet.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from data.errors import UserError
from training.pretrained import build_network

STRIDES = (4, 8, 16, 32)


@MODELS.register_module()
class TimmBackbone(BaseModule):
    """A timm network that gives a detector its maps: images (B, 3, H, W) to maps (B, K, H / s, W / s), finest first.

    Images are as the detector's `data_preprocessor` makes them: its mean and std are to be those of the weights
    (`timm.get_pretrained_cfg(model_name)`), times 255.

        backbone=dict(type="TimmBackbone", model_name="convnext_atto", weights="imagenet"),
        neck=dict(type="TimmFPN", model_name="convnext_atto", out_channels=256, num_outs=5),

    Args:
        model_name: timm's name of the network; it needs `features_only`.
        weights: as in `training.pretrained.build_network`; loaded by `init_weights`, which only a training calls.
        strides: s of the maps, of each the last that timm has; by default those that mmdet's anchors expect.
        frozen_stages: timm's stages up to this number do not learn, 0 the finest; of a ResNet 1 freezes the stem and
            the first stage, as in mmdet. -1 freezes none.
        norm_eval: leave the statistics of all batch norms as they are.
        channels_last: compute in this memory format, which is often faster; the maps are in the usual one.
        options: of `timm.create_model`, such as `drop_path_rate` and `img_size`.

    Raises:
        UserError: timm has no such network, it has no map of such a stride, or no such stage.
    """

    def __init__(
        self,
        model_name: str,
        weights: str | None = None,
        strides: Sequence[int] = STRIDES,
        frozen_stages: int = -1,
        norm_eval: bool = False,
        channels_last: bool = False,
        init_cfg: dict | None = None,
        **options: Any,
    ) -> None:
        super().__init__(init_cfg)
        self.model_name, self.weights, self.options = model_name, weights, options
        self.network: Any = build_network(model_name, features_only=True, **options)
        self.stages = stages_of(self.network, strides)
        if channels_last:
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch stubs lack it
        self.norm_eval = norm_eval
        self.frozen = list(_parameters_of_stage(self.network, frozen_stages))
        for parameter in self.frozen:
            parameter.requires_grad_(False)

    def init_weights(self) -> None:
        """Load the weights where the config names some."""
        super().init_weights()
        if self.weights is not None:
            source = build_network(self.model_name, self.weights, features_only=True, **self.options)
            self.network.load_state_dict(source.state_dict())

    def train(self, mode: bool = True) -> "TimmBackbone":
        """Set the mode, but leave what is frozen, and with `norm_eval` every batch norm, in eval mode."""
        super().train(mode)
        frozen = {id(parameter) for parameter in self.frozen}
        for module in self.network.modules():
            own = [id(parameter) for parameter in module.parameters(recurse=False)]
            still = self.norm_eval and isinstance(module, nn.modules.batchnorm._BatchNorm)
            if still or (own and frozen.issuperset(own)):
                module.eval()
        return self

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        maps = self.network(images)
        if str(getattr(self.network, "output_fmt", "NCHW")).endswith("NHWC"):
            maps = [each.permute(0, 3, 1, 2) for each in maps]
        return tuple(maps[stage].contiguous() for stage in self.stages)


@MODELS.register_module()
class TimmFPN(FPN):
    """mmdet's FPN on a `TimmBackbone`: how many channels come in is asked of timm.

    Args:
        model_name, strides: those of the backbone.
        options: of `mmdet.FPN`, all but `in_channels`.
    """

    def __init__(self, model_name: str, strides: Sequence[int] = STRIDES, **options: Any) -> None:
        network: Any = build_network(model_name, features_only=True)
        channels = network.feature_info.channels()
        super().__init__(in_channels=[channels[stage] for stage in stages_of(network, strides)], **options)


def stages_of(network: Any, strides: Sequence[int]) -> list[int]:
    """The last stage of a timm network at each stride.

    Raises:
        UserError: it has no map of such a stride.
    """
    reductions = network.feature_info.reduction()
    missing = [stride for stride in strides if stride not in reductions]
    if missing:
        raise UserError(f"the network has maps of the strides {reductions}, none of {missing}: give others as strides")
    return [max(i for i, reduction in enumerate(reductions) if reduction == stride) for stride in strides]


def _parameters_of_stage(network: Any, stage: int) -> Iterator[nn.Parameter]:
    """All parameters that the map of a stage depends on: those to which it has a gradient."""
    if stage < 0:
        return
    number = len(network.feature_info.channels())
    if stage >= number:
        raise UserError(f"frozen_stages is {stage}, but the network has the stages 0 to {number - 1}")
    size = network.pretrained_cfg["input_size"]
    parameters = list(network.parameters())
    training = network.training
    with torch.enable_grad():
        total = network.eval()(torch.zeros(1, *size))[stage].sum()
        gradients = torch.autograd.grad(total, parameters, allow_unused=True)
    network.train(training)
    yield from (each for each, gradient in zip(parameters, gradients, strict=True) if gradient is not None)
