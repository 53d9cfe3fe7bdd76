"""Recipes: config files that say how an enhancer is put together, and with which weights.

A recipe is a Python config with one key, `enhancer`. Its parts `classifier` and `colorizer` may be written as mmdet
people name a model, `dict(config="configs/....py", checkpoint="....pth")`; loading replaces each by the model of that
config, changed by further keys (`keep_luminance=True` for a colorizer), and moves the weight file to `checkpoints`.
What is loaded is therefore complete, and is what gets saved beside its results.

A training config says in `inference_imports` which modules its model needs; the recipe records these alone, and not
what only the training imports (`custom_imports`). What of a model only training needs, its class leaves out
(`for_inference`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from mmengine.utils import import_modules_from_strings
from torch import Tensor

from data.atomic import atomic_path
from data.errors import MissingFileError, UserError
from enhance.inference import lay_out
from training.checkpoints import fill, save_weights
from training.config_data import RECIPE, read_config

ROLES = ("classifier", "colorizer")
REGISTER = "enhance.register"
WITHOUT_NETWORK = ("enhance.classical", "enhance.fusion")
"""All that a recipe without a classifier may name of this package, and loads in a third of the time."""


def load_recipe(path: str | Path, overrides: dict[str, Any] | None = None) -> Config:
    """Read a recipe and make it complete.

    Args:
        path: The recipe. Relative weight files under `checkpoints` are looked up beside it; those of a
            `dict(config, checkpoint)` pair from the working folder.
        overrides: Dotted keys and values, as `--cfg-options` gives them.

    Returns:
        A config with `enhancer`, `checkpoints` (role to absolute path) and `custom_imports`.

    Raises:
        MissingFileError: If the recipe, a config or a weight file is missing.
        UserError: If the file is no recipe.
    """
    cfg = read_recipe(path, overrides)
    if not isinstance(cfg.get("enhancer"), dict):
        raise UserError(
            f"{path} is no recipe: it defines no `enhancer = dict(type=...)`; take one of configs/enhance, the "
            "recipe.py of a workflow, or a bundle"
        )
    return _complete(cfg, Path(path).parent)


def load_colorizer(path: str | Path, overrides: dict[str, Any] | None = None, **changes: Any) -> Config:
    """The colorizer of a recipe, or of its own training config, as a complete recipe of an enhancer that only colors.

    Nothing else of the recipe has to exist.

    Args:
        path: The recipe or training config.
        overrides: As in `load_recipe`; dotted keys of the file that `path` names.
        changes: Keys of the colorizer (`render_size=256`), and `checkpoint`, which a training config needs.

    Raises:
        MissingFileError: See `load_recipe`.
        UserError: If the file has no colorizer, or is a training config and comes without `checkpoint`.
    """
    cfg = read_recipe(path, overrides)
    if "enhancer" in cfg:
        colorizer, checkpoints = cfg.enhancer.get("colorizer"), cfg.get("checkpoints", {})
    else:
        colorizer, checkpoints = _for_inference(cfg.get("model", {})), {}
        if colorizer and "checkpoint" not in changes:
            raise UserError(f"{path} is a training config: name the weights that it gave with --checkpoint FILE")
    if not colorizer:
        raise UserError(
            f"{path} has no colorizer: give a recipe with one (configs/enhance/color.py, work_dirs/NAME/recipe.py), or "
            "the config that trained it and its checkpoint"
        )
    alone = dict(
        custom_imports=dict(imports=_inference_imports(cfg)),
        enhancer=dict(type="Enhancer", colorizer={**colorizer, **changes}),
        checkpoints={role: file for role, file in checkpoints.items() if role == "colorizer"},
    )
    return _complete(Config(alone), Path(path).parent)


def read_recipe(path: str | Path, overrides: dict[str, Any] | None) -> Config:
    """Read a file as it is; a recipe.py, which the project writes, as data (`training.config_data`)."""
    cfg = read_config(path)
    if Path(path).name == RECIPE:
        _check_complete(cfg, path)
    cfg.merge_from_dict(overrides or {})
    return cfg


def _check_complete(cfg: Config, path: str | Path) -> None:
    """Refuse a recipe.py that names a config: it would be run, and the project's own are complete."""
    for role in ROLES:
        if "config" in (cfg.get("enhancer", {}).get(role) or {}):
            raise UserError(f"{path}: the {role} names a config to run, which no recipe that this project writes does")


def _complete(cfg: Config, folder: Path) -> Config:
    """Resolve the parts of a recipe that lies in `folder`."""
    checkpoints = {role: (folder / file).resolve() for role, file in cfg.get("checkpoints", {}).items()}
    imports = {*([REGISTER] if cfg.enhancer.get("classifier") else WITHOUT_NETWORK), *_inference_imports(cfg)}
    for role in ROLES:
        part = cfg.enhancer.get(role) or {}
        if "checkpoint" in part:
            checkpoints[role] = Path(part.pop("checkpoint")).resolve()
        if "config" in part:
            source = read_config(part.pop("config"))
            source.merge_from_dict({"model": part})
            cfg.enhancer[role] = _for_inference(source.model.to_dict())
            imports |= {*_inference_imports(source)}
    import_modules_from_strings(sorted(imports))
    for role, file in checkpoints.items():
        if not file.is_file():
            raise MissingFileError(
                f"the {role}'s checkpoint {file} does not exist: train it with tools/train.py, or name another one "
                f"with --cfg-options enhancer.{role}.checkpoint=FILE"
            )
    return Config(
        dict(
            custom_imports=dict(imports=sorted(imports)),
            enhancer=cfg.enhancer.to_dict(),
            checkpoints={role: str(file) for role, file in checkpoints.items()},
        )
    )


def _inference_imports(cfg: Config) -> list[str]:
    """The modules that a model or a recipe needs: those that its config names for it, else all that it imports."""
    return list(cfg.get("inference_imports", cfg.get("custom_imports", {}).get("imports", [])))


def _for_inference(model: dict[str, Any]) -> dict[str, Any]:
    """A model config without what only training needs, such as downloads, as its class says it."""
    kind: Any = MODELS.get(model["type"]) if "type" in model else None
    return kind.for_inference(model) if hasattr(kind, "for_inference") else dict(model)


def build_enhancer(recipe: Config, device: str | torch.device = "cpu") -> Any:
    """The enhancer of a loaded recipe, its weights read, in eval mode, on `device`.

    Raises:
        UserError: If a part that has weights comes without a weight file, or with one that lacks some of them or has
            them in other shapes.
    """
    enhancer = MODELS.build(recipe.enhancer.to_dict())
    for role in ROLES:
        if getattr(enhancer, role, None) is not None:
            _load_weights(getattr(enhancer, role), role, recipe.checkpoints.get(role))
    return enhancer.to(device).eval()


@MODELS.register_module()
def enhancer_of_recipe(recipe: str | Path, device: str | torch.device = "cpu") -> Any:
    """The enhancer of a recipe file, laid out for speed; for whom only the registry knows."""
    enhancer = build_enhancer(load_recipe(recipe), device)
    lay_out(enhancer)
    return enhancer


def build_classifier(recipe: Config, device: str | torch.device = "cpu") -> Any:
    """The classifier of a loaded recipe alone, as `build_enhancer`."""
    classifier = MODELS.build(recipe.enhancer.classifier.to_dict())
    _load_weights(classifier, "classifier", recipe.checkpoints.get("classifier"))
    return classifier.to(device).eval()


def _load_weights(part: Any, role: str, file: str | None) -> None:
    """Fill `part`; what has no weights, as a fixed colormap, needs no file."""
    if file is None:
        if part.state_dict():
            raise UserError(f"the {role} has no weights: give --cfg-options enhancer.{role}.checkpoint=FILE")
        return
    if not part.state_dict():
        raise UserError(f"the {role} is a {type(part).__name__}, which has no weights, but {file} is given for it")
    fill(part, file, role)


def save_recipe(recipe: Config, folder: str | Path, copy_weights: bool = False) -> Path:
    """Write `folder/recipe.py`.

    Args:
        recipe: A loaded recipe.
        folder: Made if it does not exist.
        copy_weights: Put the inference weights beside it, as `<role>.safetensors`, so that the folder can be moved;
            else the recipe names the weight files where they lie.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    saved = Config(recipe.to_dict())
    if copy_weights:
        enhancer = build_enhancer(recipe)
        for role in recipe.checkpoints:
            saved.checkpoints[role] = f"{role}.safetensors"
            save_weights(folder / saved.checkpoints[role], getattr(enhancer, role).state_dict())
    path = folder / RECIPE
    with atomic_path(path) as temporary:
        temporary.write_text(f'"""How these images were enhanced."""\n\n{saved.pretty_text}', encoding="utf-8")
    return path


def fingerprint(recipe: Config, parts: Any) -> dict[str, Any]:
    """What identifies an enhancer: its config and the SHA-256 of the weights of each part.

    The weights count, not the files that they came from: a recipe and its copy that was given away are one enhancer.

    Args:
        parts: What has the recipe's `classifier` and `colorizer`, as its enhancer has.
    """
    hashes = {role: weights_hash(getattr(parts, role).state_dict()) for role in recipe.checkpoints}
    return dict(enhancer=recipe.enhancer.to_dict(), weights_sha256=hashes)


def weights_hash(state: Mapping[str, Tensor]) -> str:
    """SHA-256 of tensors with their names, types and shapes; the same on every device."""
    digest = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
