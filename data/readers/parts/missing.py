"""Images that lack something, such as a file or a mask: refused, or left out with a warning (`--allow-missing`)."""

import os
import warnings
from argparse import ArgumentParser
from collections.abc import Sequence

from data.errors import UserError


def add_allow_missing(parser: ArgumentParser, text: str = "leave out table rows without an image file") -> None:
    """Add `--allow-missing` with the help `text`."""
    parser.add_argument("--allow-missing", action="store_true", help=text)


def check_missing(
    place: str | os.PathLike[str], missing: Sequence[object], total: int, lack: str, remedy: str, allow_missing: bool
) -> None:
    """Warn that the `missing` of `total` images are left out, or refuse to go on. Nothing happens where none is.

    Args:
        place: the table or folder that is incomplete.
        missing: what names each of these images; the first one is shown.
        lack: what they lack: "have no file".
        remedy: a sentence for the error.
        allow_missing: warn instead of raising. It does not help where all are missing.

    Raises:
        UserError: some are missing and that is not allowed, or all are.
    """
    if not missing:
        return
    text = f"{os.fspath(place)}: {len(missing)} of {total} images {lack}; the first is {missing[0]}"
    if not allow_missing or len(missing) == total:
        raise UserError(f"{text}. {remedy}")
    warnings.warn(f"{text}. They are left out.", stacklevel=2)
