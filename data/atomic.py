"""Writing results: files that are either whole or not there."""

import json
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

_TEMPORARY = re.compile(r"\..{0,80}\.[0-9a-f]{12}(\.[^.]*)?")


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary name beside `path`; rename it to `path` when the block ends well, remove it when it raises.

    The temporary name begins with a dot and keeps the suffix of `path`, so that writers that choose a format by suffix
    work. Missing parent folders are made. A reader sees the old file or the new one, never half of one.

    Raises:
        MissingFileError: the block ended without writing the temporary file.

    Example:
        >>> with atomic_path("out/table.csv") as temporary:
        ...     temporary.write_text("a,b")
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem[:80]}.{uuid.uuid4().hex[:12]}{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.errno and error.filename is None:  # a full disk says which write it refused, not of which file
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def remove_leftovers(folder: str | os.PathLike[str], deep: bool = True) -> None:
    """Delete the temporary files that killed runs left in `folder`; no other run may write there.

    Args:
        deep: those below its folders too.
    """
    for root, folders, files in os.walk(folder):
        for name in files:
            if _TEMPORARY.fullmatch(name):
                Path(root, name).unlink()
        if not deep:
            folders.clear()


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], obj: Any, indent: int | None = 1) -> None:
    """Write `obj` as JSON atomically, arrays as lists. NaN is refused, since JSON has none.

    Args:
        indent: None writes one line, smaller where there are many numbers.

    Raises:
        ValueError: `obj` holds NaN or infinity.
    """
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        json.dump(obj, file, ensure_ascii=False, allow_nan=False, indent=indent, default=np.ndarray.tolist)
        file.write("\n")
