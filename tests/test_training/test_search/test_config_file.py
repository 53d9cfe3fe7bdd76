"""The config of a search: read with its overrides, and kept so that a later call cannot change it unseen."""

from pathlib import Path

import pytest
from mmengine.config import Config

from data.errors import MissingFileError, UserError
from training.search.config_file import keep_config, read_search

TEXT = """
model = dict(type="Net", width=3)
val_dataloader = dict(batch_size=1)
val_evaluator = dict(type="Error")
search = dict(monitor="error", rule="less", space={"model.width": dict(type="int", low=1, high=9)})
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "toy.py").write_text(TEXT)
    return tmp_path / "toy.py"


def test_overrides_and_a_seed_are_in_what_is_read(path: Path) -> None:
    cfg, settings = read_search(path, {"model.width": 4})
    assert (cfg.model.width, cfg.randomness.seed) == (4, 0)
    assert (settings.monitor, settings.rule, list(settings.space)) == ("error", "less", ["model.width"])
    assert read_search(path, {"randomness.seed": 7})[0].randomness.seed == 7
    assert read_search(path, {"randomness.deterministic": True})[0].randomness == dict(deterministic=True, seed=0)


def test_what_is_wrong_is_said_with_the_file(path: Path) -> None:
    with pytest.raises(UserError, match=r"toy\.py: search\.rule is \"most\""):
        read_search(path, {"search.rule": "most"})
    with pytest.raises(MissingFileError, match=r"gone\.py: no such config file; .*configs/"):
        read_search(path.with_name("gone.py"), None)


def test_a_kept_config_may_change_until_a_trial_counts(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    first, other = (read_search(path, {"model.width": width})[0] for width in (4, 5))
    keep_config(first, folder, replace=False)
    keep_config(first, folder, replace=False)
    assert Config.fromfile(folder / "search.py").to_dict() == first.to_dict()
    with pytest.raises(UserError, match=r"search\.py: a search with another model; take another --work-dir"):
        keep_config(other, folder, replace=False)
    assert Config.fromfile(folder / "search.py").model.width == 4
    keep_config(other, folder, replace=True)
    assert Config.fromfile(folder / "search.py").model.width == 5
