"""timm feature networks for the generator's encoder and for φ, with weights whose origin is always stated."""

from functools import partial
from pathlib import Path

import timm
import torch
from torch import Tensor, nn

from data.errors import MissingFileError, UserError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def build_features(name: str, weights: str | None, out_indices: tuple[int, ...] | None = None) -> nn.Module:
    """A timm network of 3 input channels that returns a list of feature maps, finest first.

    Args:
        name: timm model name, e.g. `resnet34`.
        weights: `None` for a random start, `"imagenet"` for timm's published weights of that name (downloaded or from
            timm's cache), else the path of a local checkpoint of the whole model in timm's naming.
        out_indices: which stages to return; all if None.

    Raises:
        MissingFileError: if `weights` names no file.
        UserError: if the published weights cannot be had.
    """
    build = partial(timm.create_model, name, features_only=True)
    if out_indices is not None:
        build = partial(build, out_indices=tuple(out_indices))
    if weights is None:
        return build()
    if weights == "imagenet":
        try:
            return build(pretrained=True)
        except Exception as error:  # timm raises whatever its download layer raises
            raise UserError(
                f"The published weights of {name} could not be loaded ({error}). Without network access, fetch the "
                "file elsewhere and give its path as `weights`, or train from scratch with `weights=None`."
            ) from error
    if not Path(weights).is_file():
        raise MissingFileError(f"No checkpoint of {name} at {weights}: give the path of a state dict or 'imagenet'.")
    return build(pretrained=True, pretrained_cfg_overlay={"file": str(weights)})


def normalize_imagenet(images: Tensor) -> Tensor:
    """(B, 3, H, W) in [0, 1] to ImageNet's zero mean and unit deviation."""
    mean = images.new_tensor(IMAGENET_MEAN).view(1, 3, 1, 1)
    std = images.new_tensor(IMAGENET_STD).view(1, 3, 1, 1)
    return torch.sub(images, mean) / std
