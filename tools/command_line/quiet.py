"""What libraries say at every start and no user can act on is left out. Importing this module sees to that."""

import importlib.util
import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

SAID_BY_MMENGINE = (
    "Could not import OneDL",
    '"FileClient" will be deprecated',
    '"HardDiskBackend" is the alias',
    "Loads checkpoint by",
)
SAID_BY_TIMM = "Unexpected keys"
"""Of a classifier's weights that a network without its head leaves out; `training.pretrained` checks the others."""
WARNED_BY_MMDET = "faster_coco_eval is not installed"


class QuietLogging(MetaPathFinder):
    """Lets mmengine's `print_log` leave out `SAID_BY_MMENGINE`, from the moment that mmengine is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of mmengine.logging as others find it, with a change after it is run; None for any other module."""
        if fullname != "mmengine.logging":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_change(module: Any) -> None:
            execute(module)
            module.print_log = without_noise(module.print_log)

        spec.loader.exec_module = execute_and_change  # type: ignore[method-assign]
        return spec


def without_noise(print_log: Callable[..., None]) -> Callable[..., None]:
    """mmengine's `print_log` without messages that begin as `SAID_BY_MMENGINE`."""

    @wraps(print_log)
    def quieter(msg: object, *args: Any, **options: Any) -> None:
        if not str(msg).startswith(SAID_BY_MMENGINE):
            print_log(msg, *args, **options)

    return quieter


def install() -> None:
    """Leave out what this module names."""
    warnings.filterwarnings("ignore", message=WARNED_BY_MMDET)
    logging.getLogger("timm.models._builder").addFilter(lambda record: not record.getMessage().startswith(SAID_BY_TIMM))
    if "mmengine.logging" not in sys.modules:
        sys.meta_path.insert(0, QuietLogging())


install()
