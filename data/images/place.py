"""Where an image may be written: below the folder it was asked for, and never among the sources."""

import os
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath

from data.errors import UserError


def slashed(folder: str | os.PathLike[str], file_name: str) -> str:
    """A Windows path with "/" in place of the backslash, unless a file of that very name lies in the folder."""
    if "\\" not in file_name or Path(folder, file_name).exists():
        return file_name
    return file_name.replace("\\", "/")


def name_below(folder: str | os.PathLike[str], file_name: str) -> str:
    """The name of a file relative to its folder, with "/" and without detours.

    Args:
        file_name: relative to `folder`, or an absolute path below it.

    Raises:
        UserError: it leads out of the folder.
    """
    path = Path(file_name)
    if path.is_absolute() and path.resolve().is_relative_to(Path(folder).resolve()):
        path = path.resolve().relative_to(Path(folder).resolve())
    name = Path(os.path.normpath(path))
    if name.is_absolute() or PureWindowsPath(name).is_absolute() or name.parts[:1] in ((), (os.pardir,)):
        raise UserError(
            f"the file name {file_name} leads out of {folder}: write names relative to it, and copy or link the images "
            "below it"
        )
    return name.as_posix()


def check_targets(
    folder: str | os.PathLike[str], names: Iterable[str | os.PathLike[str]], sources: Iterable[str | os.PathLike[str]]
) -> None:
    """Refuse to write through a link that leads out of a folder, or into a folder that holds sources.

    Args:
        folder: below which the files are written; may itself be a link.
        names: of the files, relative to it.
        sources: files that are only to be read.

    Raises:
        UserError: naming the folder that is in the way.
    """
    root = Path(folder).resolve()
    read = {parent.resolve() for parent in {Path(source).parent for source in sources}}
    for parent in sorted({(Path(folder) / name).parent for name in names}):
        real = parent.resolve()
        if not real.is_relative_to(root):
            raise UserError(f"{parent} is a link to {real}: nothing is written outside of {folder}; remove the link")
        if real in read:
            raise UserError(f"{parent} holds the source images, which are never written; give another folder to write")
