"""What tools/workflow/check_leaks.py found, for the reports."""

import json
import os
from pathlib import Path

from data.errors import MissingFileError, UserError


def leak_notes(path: str | os.PathLike[str]) -> list[str]:
    """The sentences of a file of tools/workflow/check_leaks.py; none where nothing was found.

    Raises:
        MissingFileError: no such file.
        UserError: another file.
    """
    if not Path(path).is_file():
        raise MissingFileError(f"{path}: no such file; tools/workflow/check_leaks.py writes it")
    try:
        notes = json.loads(Path(path).read_bytes())["notes"]
        if not all(isinstance(note, str) for note in notes):
            raise TypeError("a note is no text")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UserError(f"{path}: not a file of tools/workflow/check_leaks.py ({error!r})") from error
    return list(notes)
