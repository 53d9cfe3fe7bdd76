"""Attention methods side by side: those a config names, around one classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from torch import Tensor

from data.errors import UserError
from data.images.resize import resize
from enhance.attention.base import AttentionMethod, ClassAttention
from enhance.recipe import build_classifier, load_recipe


@dataclass(frozen=True)
class MethodSet:
    """What is compared.

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

    def inputs(self, images: Sequence[np.ndarray]) -> Tensor:
        """(B, 1, S, S) in [0, 1] on the classifier's device, of gray images (H, W) uint8, squeezed as in training."""
        side = self.classifier.input_size
        squeezed = torch.from_numpy(np.stack([resize(image, side, side) for image in images]))
        return squeezed.to(next(self.classifier.parameters()).device)[:, None].float() / 255

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
    own = recipe.enhancer.get("attention")
    if own is None:
        raise UserError(f"{path} has no attention method and no classifier; base it on configs/enhance/attention.py")
    recipe.enhancer.pop("colorizer", None)
    recipe.checkpoints.pop("colorizer", None)
    cfg = Config.fromfile(path)
    cfg.merge_from_dict(overrides or {})
    methods = cfg.get("methods") or {own.type: own}
    unknown = [name for name in only or () if name not in methods]
    if unknown:
        raise UserError(f"{path} has no method {', '.join(unknown)}; it has {', '.join(methods)}")
    classifier = build_classifier(recipe, device)
    probe = torch.zeros(1, 1, classifier.input_size, classifier.input_size, device=device)
    classifier.extract_feat(probe)
    built, left_out = {}, {}
    for name in only or methods:
        try:
            method = MODELS.build({**methods[name], "classifier": classifier})
            method.coarse_maps(probe)
            built[name] = method
        except ValueError as error:
            left_out[name] = str(error)
        except (TypeError, KeyError) as error:
            raise UserError(f"{path}: methods[{name!r}] cannot be built: {error}") from error
    if not built:
        raise UserError(f"{path}: no method goes with this classifier: {left_out}")
    return MethodSet(recipe, classifier, built, left_out, dict(cfg.get("evaluation", {})))
