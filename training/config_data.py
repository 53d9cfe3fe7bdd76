"""Configs as data: what the project itself wrote is read without running it.

A config of mmengine is a Python program, and `Config.fromfile` runs it. That is right for one's own configs, and wrong
for a `recipe.py` or a checkpoint that somebody else gave away; both hold nothing but values.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.utils import import_modules_from_strings

from data.atomic import write_text
from data.errors import MissingFileError, UserError

PROJECT = Path(__file__).parents[1]
RECIPE = "recipe.py"
"""The name of recipes that the project writes. A file of this name is read as data, and no other config is."""


def config_file(path: str | Path) -> Path:
    """The place of a config; one of the project's own, `configs/...`, may lie beside its installed packages.

    Raises:
        MissingFileError: there is no such file.
    """
    path = Path(path)
    own = PROJECT / path
    if not path.is_file() and path.parts[:1] == ("configs",) and own.is_file():
        return own
    if path.is_dir():
        raise MissingFileError(f"{path} is a folder; name the config file in it")
    if not path.is_file():
        raise MissingFileError(f"{path}: no such config file; {_similar(path)}the project's own are in configs/")
    return path


def _similar(path: Path) -> str:
    """A question whether one of the project's configs with nearly this name is meant; or ""."""
    own = {file.name: file for file in (PROJECT / "configs").rglob("*.py") if file.parent.name != "_base_"}
    near = get_close_matches(path.name, own, n=1, cutoff=0.8)
    return f"did you mean {own[near[0]].relative_to(PROJECT)}? " if near else ""


def read_config(path: str | Path, imports: bool = True) -> Config:
    """A config file, run as mmengine does, or, if it is called recipe.py, read as data.

    Args:
        imports: whether its `custom_imports` are imported, which may load networks' code for seconds.

    Raises:
        MissingFileError: see `config_file`.
        UserError: a recipe.py that has anything but values, or no Python.
    """
    path = config_file(path)
    if path.name != RECIPE:
        try:
            return Config.fromfile(path, import_custom_modules=imports)
        except FileNotFoundError as error:
            raise MissingFileError(
                f"{path}: its _base_ leads to {error.filename}, which does not exist; such paths are relative to the "
                "config that has them"
            ) from error
        except SyntaxError as error:
            raise UserError(f"{path} or one of its _base_ is no Python, line {error.lineno}: {error.msg}") from error
    content = parse_config(path.read_text(encoding="utf-8"), path)
    check_types(content, path)
    cfg = Config(content)
    if imports:
        import_custom_modules(cfg)
    return cfg


def import_custom_modules(cfg: Config) -> None:
    """What `read_config` imports, of a config that was read without."""
    if "custom_imports" in cfg:
        import_modules_from_strings(**cfg.custom_imports)


@contextmanager
def kept_on_error(cfg: Config) -> Iterator[None]:
    """Give a work folder its copy of the config back where a `UserError` ends the block.

    mmengine writes the copy before anything is checked. After a run that could not begin it would not be the one by
    which the weights beside it were trained.
    """
    copy = Path(cfg.work_dir, Path(cfg.filename or "config.py").name)
    before = copy.read_bytes() if copy.is_file() else None
    try:
        yield
    except UserError:
        if before is not None and copy.read_bytes() != before:
            write_text(copy, before.decode())
        raise


def parse_config(text: str, name: str | Path) -> dict[str, Any]:
    """The values of a config's text, whose statements are `key = value`, a value as `Config.pretty_text` writes it.

    Args:
        name: of the file, for errors.

    Raises:
        UserError: it has anything else, such as a call, an import or a `_base_`.
    """
    content = {}
    try:
        for statement in ast.parse(text).body:
            match statement:
                case ast.Expr(value=ast.Constant(value=str())):  # the docstring
                    continue
                case ast.Assign(targets=[ast.Name(id=key)], value=value) if key != "_base_":
                    content[key] = _value(value)
                case _:
                    raise ValueError(f"line {statement.lineno} is no `key = value`")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UserError(
            f"{name} holds more than values ({error}) and is not run as a program, as a config of another name than "
            f"{RECIPE} is"
        ) from error
    return content


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.List(elts=items):
            return [_value(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_value(item) for item in items)
        case ast.Set(elts=items):
            return {_value(item) for item in items}
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {_value(key): _value(value) for key, value in zip(keys, values, strict=True) if key is not None}
        case ast.Call(func=ast.Name(id="dict"), args=[ast.Dict() as first], keywords=[]):
            return _value(first)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=items) if all(item.arg for item in items):
            return {str(item.arg): _value(item.value) for item in items}
    raise ValueError(f"line {node.lineno} has {ast.unparse(node)[:60]!r}")


def check_types(value: Any, name: str | Path) -> None:
    """Make sure that every `type` is a plain name, before anything is built of a config that came with a file.

    mmengine imports and calls what a dotted name says: `dict(type="subprocess.Popen", args=...)`.

    Args:
        value: of a config: dictionaries, lists and what they hold.
        name: of the file, for errors.

    Raises:
        UserError: a `type` is no plain name.
    """
    if isinstance(value, dict) and not str(value.get("type", "a_name")).isidentifier():
        raise UserError(f"{name} has type={value['type']!r}, which is no name in a registry, and is not built")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        check_types(item, name)
