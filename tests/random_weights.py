"""Weights of a model that has learned nothing."""

import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from mmengine.utils import import_modules_from_strings


def random_weights(cfg: Config) -> dict[str, torch.Tensor]:
    """Of a config's model, the same each time."""
    import_modules_from_strings(**cfg.custom_imports)
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.get("default_scope", "mmengine")):
        return MODELS.build(cfg.model).state_dict()
