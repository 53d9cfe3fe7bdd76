"""The commands of tools/ as modules."""

from importlib import import_module
from types import ModuleType


def load_tool(name: str) -> ModuleType:
    """The module of `tools/NAME.py`."""
    return import_module(f"tools.{name}")
