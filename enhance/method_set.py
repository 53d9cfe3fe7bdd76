"""The attention methods that a config names, around one classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from torch import Tensor

from data.errors import UserError
from enhance.attention.base import AttentionMethod, ClassAttention, check_has
from enhance.recipe import build_classifier, load_recipe, read_recipe


@dataclass(frozen=True)
class MethodSet:
    """Attention methods around one classifier.

    Attributes:
        recipe: Of the classifier, complete (`enhance.recipe.load_recipe`).
        classifier: In eval mode, on its device.
        methods: Name to method.
        left_out: Name of a method that does not go with this classifier, to the reason.
        evaluation: The config's `evaluation`, for `tools/evaluate_attention.py`; may be empty.
    """

    recipe: Config
    classifier: Any
    methods: dict[str, AttentionMethod]
    left_out: dict[str, str]
    evaluation: dict[str, Any]

    def coarse_maps(self, name: str, images: Tensor, targets: Tensor) -> Tensor:
        """Maps (B, h, w) of images (B, C, H, W) by one method, for the classes `targets` (B,) if it knows classes."""
        method = self.methods[name]
        return method.coarse_maps(images, targets) if isinstance(method, ClassAttention) else method.coarse_maps(images)


def load_method_set(
    path: str | Path,
    overrides: dict[str, Any] | None = None,
    device: str | torch.device = "cpu",
    only: Sequence[str] | None = None,
) -> MethodSet:
    """Read a config: a recipe with a classifier, and perhaps `methods = {"CAWE": dict(type="CAWE"), ...}`.

    A recipe without `methods` is compared by its own method alone. Each method is tried on a black image.

    Args:
        path: See `configs/enhance/attention.py`.
        overrides: Dotted keys and values, as `--cfg-options` gives them.
        only: Names of the methods to take; all by default.

    Raises:
        MissingFileError: See `enhance.recipe.load_recipe`.
        UserError: A recipe without classifier, an unknown name in `only`, a method that does not exist or has not
            this option, a network without maps of features, or no method goes with the classifier.
    """
    recipe = load_recipe(path, overrides)
    methods = _named_methods(path, overrides, recipe, only)
    recipe.enhancer.pop("colorizer", None)
    recipe.checkpoints.pop("colorizer", None)
    classifier = build_classifier(recipe, device)
    built, left_out = build_methods(path, methods, classifier)
    return MethodSet(recipe, classifier, built, left_out, dict(read_recipe(path, overrides).get("evaluation", {})))


def _named_methods(
    path: str | Path, overrides: dict[str, Any] | None, recipe: Config, only: Sequence[str] | None
) -> dict[str, dict[str, Any]]:
    """The configs of the methods that are asked for, by name, in the order in which they are asked for."""
    own = recipe.enhancer.get("attention")
    if own is None:
        raise UserError(f"{path} has no attention method and no classifier; base it on configs/enhance/attention.py")
    methods = read_recipe(path, overrides).get("methods") or {own.type: own}
    unknown = [name for name in only or () if name not in methods]
    if unknown:
        raise UserError(f"{path} has no method {', '.join(unknown)}; it has {', '.join(methods)}")
    return {name: methods[name] for name in only or methods}


def build_methods(
    path: str | Path, methods: dict[str, dict[str, Any]], classifier: Any
) -> tuple[dict[str, AttentionMethod], dict[str, str]]:
    """Build methods around a classifier, each tried on a black image.

    Args:
        path: What errors name.
        methods: Name to config.
        classifier: In eval mode, on its device; it has an `input_size`.

    Returns:
        The methods that go with it, and why the others do not, both by name.

    Raises:
        UserError: See `load_method_set`.
    """
    check_has(classifier, "extract_feat", "input_size")
    side = classifier.input_size
    probe = torch.zeros(1, 1, side, side, device=next(classifier.parameters()).device)
    classifier.extract_feat(probe)
    built, left_out = {}, {}
    for name, config in methods.items():
        try:
            method = MODELS.build({**config, "classifier": classifier})
            method.coarse_maps(probe)
            built[name] = method
        except UserError as error:
            left_out[name] = str(error)
        except (TypeError, KeyError) as error:
            raise UserError(f"{path}: methods[{name!r}] cannot be built: {error}") from error
    if not built:
        raise UserError(f"{path}: no method goes with this classifier: {left_out}")
    return built, left_out
