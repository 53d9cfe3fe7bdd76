"""Which side the images of an export are of, by the names of its folders and files."""

import os
import re
import warnings
from pathlib import PurePath
from typing import TypeVar

from data.errors import UserError

WORDS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
"""Word in a name to the side that it means."""
Found = TypeVar("Found")


def side_of(name: str | os.PathLike[str]) -> str | None:
    """The side that a relative path names, such as "instances_val2017.json" or "valid/images".

    Returns:
        "train", "val" or "test"; None for a name of none, or with words of several.
    """
    parts = [word for part in PurePath(name).parts for word in re.findall("[a-z]+", part.lower())]
    sides = {WORDS[word] for word in parts if word in WORDS}
    return sides.pop() if len(sides) == 1 else None


def settled_sides(
    src: str | os.PathLike[str], sides: dict[str, list[Found]], everything: str
) -> dict[str, list[Found]]:
    """The sides of a set that has images to train on and to test.

    Where nothing is named "test", the images to validate are tested, with a warning: detectors of this project are
    tested on test.json, and `--val-fraction` takes others to validate. A set of one side has yet to be split.

    Args:
        everything: name of the one side of a set that is to be split.

    Raises:
        UserError: there are images to test, and none to train on.
    """
    sides = {name: found for name, found in sides.items() if found}
    if len(sides) == 1 and "test" not in sides:
        return {everything: next(iter(sides.values()))}
    if "train" not in sides:
        raise UserError(
            f"{os.fspath(src)}: nothing to train on, only {', '.join(sides) or 'nothing'}; name a folder train"
        )
    if "test" not in sides:
        warnings.warn(
            f"{os.fspath(src)}: no side is named test, so the images to validate are tested (test.json); "
            "--val-fraction makes a val.json of the images to train on",
            stacklevel=3,
        )
        sides["test"] = sides.pop("val")
    return sides
