"""Lung masks that come with a data set (`--lung-roi`): each image is cut to the box around its own."""

import os
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from data.coco import ImageRecord
from data.readers.parts.missing import add_allow_missing, check_missing


def add_lung_roi(parser: ArgumentParser) -> None:
    """Add `--lung-roi`, and `--allow-missing` for images without a mask."""
    parser.add_argument("--lung-roi", action="store_true", help="cut each image to the box around its lung masks")
    add_allow_missing(parser, "with --lung-roi: leave out images without a mask")


def keep_masked(
    src: str | os.PathLike[str], records: list[ImageRecord], allow_missing: bool, shape: str
) -> list[ImageRecord]:
    """The records that have masks.

    Args:
        src: the data set's folder, for the error.
        allow_missing: leave out the others, with a warning, instead of raising.
        shape: of the data set's folder, for the error: where the masks are expected.

    Raises:
        UserError: a record without masks (unless `allow_missing`), or none with masks.
    """
    missing = [record.source.name for record in records if not record.masks]
    remedy = f"Add the masks, or allow missing ones (--allow-missing). Expected:\n{shape}"
    check_missing(src, missing, len(records), "have no lung mask", remedy, allow_missing)
    return [record for record in records if record.masks]


def without_masks(files: Sequence[Path]) -> list[Path]:
    """The files (relative) that lie in no folder "masks"."""
    return [file for file in files if not {"mask", "masks"} & {part.lower() for part in file.parts[:-1]}]
