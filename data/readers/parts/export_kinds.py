"""What is wrong with the place of an export, for somebody who named another kind or a file."""

import os
from pathlib import Path

from data.images.find import files_below

MARKS = {"yolo": ("data.yaml", "dataset.yaml", "classes.txt", "obj.names"), "voc": (".xml",), "coco": (".json",)}
"""Reader to the ends of file names that tell it, in this order."""


def perhaps(src: Path, asked: str) -> str:
    """A hint, such as "; it looks like yolo", where a folder looks like an export of another kind than `asked`."""
    names = list(files_below(src)) if src.is_dir() else []
    for kind, ends in MARKS.items():
        if kind != asked and any(name.lower().endswith(ends) for name in names):
            return f"; it looks like an export for the reader {kind}"
    return ""


def no_folder(src: str | os.PathLike[str]) -> str:
    """The problem of a place that is no folder."""
    return "it is a file; give the folder that holds it" if Path(src).is_file() else "no such folder"
