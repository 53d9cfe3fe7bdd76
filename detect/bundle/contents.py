"""What a bundle's configs may say, so that reading one of a stranger's runs nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mmengine.config import Config

from data.errors import UserError
from detect.bundle.files import is_bundle, opened
from training.config_data import RECIPE, check_types, parse_config

DETECTOR = "detector.py"
ROOMS = ("data", "training", "enhance", "colorize_gan", "detect")
"""Packages whose modules a config of a bundle may import: this project's own."""
LOADERS = ("LoadLesionImage", "LoadImageFromFile", "LoadAnnotations")
"""Steps of a pipeline that read files; a predictor has the image, and no annotations."""


def detector_config(cfg: Mapping[str, Any]) -> Config:
    """What a detector needs to predict, of the config that it was trained by: its model and the test pipeline.

    Raises:
        UserError: the config imports modules of other packages, or names a type by a path.
    """
    steps = [step for step in cfg["test_dataloader"]["dataset"]["pipeline"] if step["type"] not in LOADERS]
    model = {**cfg["model"], "train_cfg": None}
    imports = list(cfg.get("custom_imports", {}).get("imports", []))
    config = Config(dict(custom_imports=dict(imports=imports), model=model, test_pipeline=steps))
    check_config(config.to_dict(), "the detector's config")
    return config


def read_data(path: Path) -> dict[str, Any]:
    """A config of a bundle, checked.

    Raises:
        UserError: it holds more than values, imports modules of other packages, or names a type by a path.
    """
    content = parse_config(path.read_text(encoding="utf-8"), path)
    check_config(content, path)
    return content


def check_config(content: Mapping[str, Any], name: str | Path) -> None:
    """See `read_data`."""
    check_types(content, name)
    for module in content.get("custom_imports", {}).get("imports", []):
        if str(module).split(".")[0] not in ROOMS:
            raise UserError(
                f"{name} imports {module}, which is not of this project; a bundle has parts of {', '.join(ROOMS)} alone"
            )


@contextmanager
def recipe_file(path: str | Path) -> Iterator[Path]:
    """The recipe in a bundle, which stays unpacked until the block ends; another path as it is.

    Raises:
        UserError: see `detect.bundle.files.opened` and `check_recipe`.
    """
    if not is_bundle(path):
        yield Path(path)
        return
    with opened(path) as (folder, index):
        yield check_recipe(folder, index["sha256"])


def check_recipe(folder: Path, files: Mapping[str, str]) -> Path:
    """The recipe of an opened bundle.

    Args:
        files: names that the bundle's index has.

    Raises:
        UserError: see `read_data`; or its weights lie elsewhere.
    """
    content = read_data(folder / RECIPE)
    for role, file in content.get("checkpoints", {}).items():
        if file not in files:
            raise UserError(f"{folder / RECIPE}: the weights of the {role}, {file}, are not in the bundle")
    return folder / RECIPE
