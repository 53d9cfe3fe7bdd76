"""Who imports `mmcv._ext` gets the compiled extension or, where there is none, the stand-in from torchvision.

Importing this module installs the finder; what imports mmdet imports it before.

The stand-in, and with it torch, is loaded at that moment only: FROC reports need neither torch nor mmcv.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

EXTENSION = "mmcv._ext"


class ExtensionFinder(MetaPathFinder, Loader):
    """Finds `mmcv._ext`. It is asked after all others, so that a compiled extension is used if there is one."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for the extension, None for any other module."""
        return ModuleSpec(fullname, self) if fullname == EXTENSION else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the stand-in."""
        from detect.torchvision_ops import TorchvisionExtension

        return TorchvisionExtension(EXTENSION)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the stand-in is complete."""


def install() -> None:
    """Let Python ask the finder, once."""
    if not any(isinstance(finder, ExtensionFinder) for finder in sys.meta_path):
        sys.meta_path.append(ExtensionFinder())


install()
