"""The config of a search: read and checked, and kept in its folder, so that later calls compare like with like."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from mmengine.config import Config

from data.atomic import write_text
from data.errors import UserError
from training.config_data import read_config
from training.search.space import SearchSettings, read_settings


def read_search(path: Path, overrides: dict[str, Any] | None) -> tuple[Config, SearchSettings]:
    """Read the config with its overrides and check what is to be searched; its seed is 0 where it has none.

    Raises:
        MissingFileError: No such config.
        UserError: As `read_settings`.
    """
    cfg = read_config(path)
    cfg.merge_from_dict(overrides or {})
    if cfg.get("randomness", {}).get("seed") is None:
        cfg.randomness = {**cfg.get("randomness", {}), "seed": 0}
    try:
        return cfg, read_settings(cfg)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def keep_config(cfg: Config, folder: Path, replace: bool) -> None:
    """Write the config of the search to its folder, or see that it is the one of the earlier calls.

    Args:
        replace: No trial counts yet, so that the config may change.

    Raises:
        UserError: It differs, so that old and new trials could not be compared.
    """
    path = folder / "search.py"
    with tempfile.TemporaryDirectory() as scratch:
        cfg.dump(Path(scratch, "search.py"))
        text = Path(scratch, "search.py").read_text(encoding="utf-8")
        new = Config.fromfile(Path(scratch, "search.py")).to_dict()
    old = new if replace or not path.is_file() else Config.fromfile(path).to_dict()
    differing = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    if differing:
        raise UserError(f"{path}: a search with another {', '.join(differing)}; take another --work-dir")
    write_text(path, text)
