"""Who is on an image of an export, which does not say it: by the image's name, or by its DICOM header."""

import os
import re
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

from data.errors import UserError


def add_person_pattern(parser: ArgumentParser) -> None:
    """Add `--person-pattern`."""
    parser.add_argument(
        "--person-pattern",
        metavar="REGEX",
        help="who is on an image: the first group of this regular expression in the image's path below SRC, as "
        "'(\\d+)_\\d+' for 00000072_003.png; images of one person stay on one side (default: the hashed PatientID of "
        "DICOM images, else nobody is known)",
    )


def person_names(pattern: str | None) -> Callable[[Path, Path], str | None]:
    """A function from a folder and an image in it (relative) to the person on the image, None where nobody is known.

    Args:
        pattern: regular expression with a group.

    Raises:
        UserError: it is none; or, by the function, it does not match.
    """
    if pattern is None:
        return _of_header
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise UserError(f"--person-pattern {pattern!r} is no regular expression: {error}") from error
    if expression.groups < 1:
        raise UserError(f"--person-pattern {pattern!r} has no group; put what names the person in parentheses")

    def by_name(src: Path, file: Path) -> str | None:
        match = expression.search(file.as_posix())
        if match is None or not match.group(1):
            raise UserError(
                f"--person-pattern '{pattern}' finds nobody in {file.as_posix()}; write one that fits all names, or "
                "leave it out if they do not say who is on an image"
            )
        return match.group(1)

    return by_name


def _of_header(src: Path, file: Path) -> str | None:
    from data.images.dicom_patient import dicom_patient  # pydicom takes a while to load
    from data.images.find import DICOM_SUFFIXES, IMAGE_SUFFIXES

    suffix = os.path.splitext(file)[1].lower()  # noqa: PTH122  as in data.images.find
    may_be_dicom = suffix in DICOM_SUFFIXES or suffix not in IMAGE_SUFFIXES
    return dicom_patient(src / file) if may_be_dicom else None
