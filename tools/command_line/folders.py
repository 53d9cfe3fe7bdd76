"""`--out` of the commands."""

from pathlib import Path

from data.errors import NoFolderError


def check_folder(out: Path) -> None:
    """Find out before the long work whether a folder `--out` can be made.

    Raises:
        NoFolderError: it is or lies in a file.
    """
    existing = next(path for path in (out, *out.parents) if path.exists())
    if not existing.is_dir():
        raise NoFolderError(f"--out {out}: {existing} is a file; give a folder")
