"""`--out` and the inputs of the commands."""

from collections.abc import Iterable
from pathlib import Path

from data.errors import NoFolderError, UserError


def check_folder(out: Path, option: str = "--out") -> None:
    """Find out before the long work whether a folder can be made.

    Args:
        option: by which it was given.

    Raises:
        NoFolderError: it is or lies in a file.
    """
    existing = next(path for path in (out, *out.parents) if path.exists())
    if not existing.is_dir():
        raise NoFolderError(f"{option} {out}: {existing} is a file; give a folder")


def check_not_read(out: Path, inputs: Iterable[Path]) -> None:
    """Refuse to write over what is read.

    Raises:
        UserError: `out` is one of the inputs.
    """
    if any(out.resolve() == path.resolve() for path in inputs):
        raise UserError(f"{out} is read and would be written over: give another name")
