"""Configs that are read as data: what pretty_text writes comes back, and nothing runs."""

from pathlib import Path

import pytest
from mmengine.config import Config
from yapf.yapflib import yapf_api

from data.errors import MissingFileError, UserError
from tests.paths import ROOT
from tests.unformatted import FORMAT_CODE
from training.config_data import check_types, config_file, kept_on_error, parse_config, read_config

CONFIG = dict(
    custom_imports=dict(imports=["enhance.register"]),
    enhancer=dict(type="Enhancer", alpha=-0.5, flip=None, sizes=(1, 2), empty=[], **{"Lung Opacity": {"a b": [True]}}),
    long="words " * 60,
    numbers=[1e-05, -3, 0],
)


@pytest.mark.parametrize("format_code", [FORMAT_CODE, yapf_api.FormatCode])
def test_what_mmengine_writes_is_read_as_it_reads_it(format_code, monkeypatch):
    monkeypatch.setattr(yapf_api, "FormatCode", format_code)
    text = Config(CONFIG).pretty_text
    assert parse_config(f'"""How."""\n\n{text}', "a") == Config.fromstring(text, ".py").to_dict() == CONFIG


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "x = __import__('os').system('true')",
        "x = [open(f) for f in 'a']",
        "x = dict(**{'a': 1})",
        "x = {**{}}",
        "x = dict([(1, 2)])",
        "x = 1 + 1",
        "x = f'{1}'",
        "x = y",
        "x.y = 1",
        "x, y = 1, 2",
        "x = y = 1",
        "_base_ = './a.py'",
        "def f(): pass",
        "lambda: 1",
        "x = (",
        "x = " + "[" * 5000 + "]" * 5000,
        "x = '\0'; \0",
    ],
)
def test_anything_but_values_is_refused(line):
    with pytest.raises(UserError, match="recipe.py holds more than values"):
        parse_config(f"a = 1\n{line}\n", "recipe.py")


def test_a_recipe_is_data_and_another_config_a_program(tmp_path):
    program = f"open({str(tmp_path / 'ran')!r}, 'w')\nenhancer = dict(type='Enhancer')\n"
    for name, runs in (("recipe.py", False), ("mine.py", True)):
        (tmp_path / name).write_text(program)
        if runs:
            assert read_config(tmp_path / name).enhancer.type == "Enhancer"
        else:
            with pytest.raises(UserError, match=r"recipe.py holds more than values \(line 1 is no .*of another name"):
                read_config(tmp_path / name)
        assert (tmp_path / "ran").exists() == runs


def test_a_config_of_the_project_is_found_beside_its_packages(tmp_path, monkeypatch):
    """In the working folder first; a name that does not begin with configs/ is nowhere else."""
    monkeypatch.chdir(tmp_path)
    assert config_file("configs/enhance/jet.py") == ROOT / "configs/enhance/jet.py"
    assert read_config("configs/enhance/jet.py").enhancer.type == "Enhancer"
    (tmp_path / "configs/enhance").mkdir(parents=True)
    (tmp_path / "configs/enhance/jet.py").write_text("mine = 1")
    assert config_file("configs/enhance/jet.py") == Path("configs/enhance/jet.py")
    missing = ": no such config file; the project's own are in configs/"
    for name in ("configs/enhance/clae.py", "clahe.py"):
        with pytest.raises(
            MissingFileError, match=f"{name}: no such config file; did you mean configs/enhance/clahe.py?"
        ):
            config_file(name)
    for name, reason in {"configs/enhance/zzz.py": missing, "setup.py": missing, "configs": " is a folder"}.items():
        with pytest.raises(MissingFileError, match=f"{name}{reason}"):
            config_file(name)


def test_the_copy_of_a_config_survives_a_run_that_could_not_begin(tmp_path):
    (tmp_path / "mine.py").write_text(f"work_dir = {str(tmp_path / 'work')!r}")
    cfg, copy = read_config(tmp_path / "mine.py"), tmp_path / "work/mine.py"
    copy.parent.mkdir()
    for error, before, after in (
        (UserError, "a = 1", "a = 1"),
        (ValueError, "a = 1", "a = 2"),
        (UserError, None, "a = 2"),
    ):
        copy.unlink(missing_ok=True)
        if before:
            copy.write_text(before)
        with pytest.raises(error), kept_on_error(cfg):
            copy.write_text("a = 2")
            raise error("no")
        assert copy.read_text() == after
    with kept_on_error(cfg):
        copy.write_text("a = 3")
    assert copy.read_text() == "a = 3"


def test_a_recipe_imports_what_it_names(tmp_path):
    (tmp_path / "recipe.py").write_text("custom_imports = dict(imports=['no_such_module'])\n")
    with pytest.raises(ImportError):
        read_config(tmp_path / "recipe.py")
    assert read_config(tmp_path / "recipe.py", imports=False)


@pytest.mark.parametrize("kind", ["subprocess.Popen", "os.system", "builtins.exec", "a:b", "", 5, ["x"]])
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"a": [({"type": "Fine", "b": x},)]}])
def test_types_are_plain_names(kind, wrap):
    check_types(wrap({"type": "Enhancer"}), "recipe.py")
    with pytest.raises(UserError, match="recipe.py has type=.*is not built"):
        check_types(wrap({"type": kind, "args": ["true"]}), "recipe.py")
