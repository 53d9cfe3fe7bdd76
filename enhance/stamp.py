"""Of which source and by which enhancer an image was made.

A journal beside the images knows it at a look, and so that a second run reads nothing. Where a copy, a coarse clock or
another hand leaves doubt, the stamp decides: text in each PNG, which follows from the source's content.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from data.done import DoneFiles, Look, settled
from data.images.image_io import read_bytes, write_image
from data.images.png import png_is_complete

PIXELS = 2
"""To be raised when a version reads or enhances an image to other pixels, so that older ones are made anew."""


def make_stamp(source: Path, enhancer: Mapping[str, Any]) -> str:
    """SHA-256 of a file's content, of the JSON-able identity of an enhancer, and of `PIXELS`.

    Raises:
        ImageReadError: If the file cannot be read.
    """
    return hashlib.sha256(_made_by(enhancer) + read_bytes(source)).hexdigest()


def _made_by(enhancer: Mapping[str, Any]) -> bytes:
    return f"{PIXELS} {json.dumps(enhancer, sort_keys=True)}".encode()


def read_stamp(image: Path) -> tuple[str, tuple[int, int]] | None:
    """The stamp of an enhanced PNG, and its width and height; None if it is not there, not whole, or has no stamp."""
    try:
        content = image.read_bytes()
        if not png_is_complete(content):
            return None
        with Image.open(io.BytesIO(content)) as png:
            stamp = png.info.get("Comment")
            return (stamp, png.size) if isinstance(stamp, str) and len(stamp) == 64 else None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


class Mark(NamedTuple):
    """By what an image that is to be made will be known again.

    Attributes:
        stamp: see `make_stamp`.
        source: state of the source's file before it was read, see `data.done.settled`.
    """

    stamp: str
    source: Look | None


class FinishedImages:
    """What an enhancer has made in a folder.

    Args:
        done: the journal of the folder.
        enhancer: JSON-able identity, see `enhance.recipe.fingerprint`.
    """

    def __init__(self, done: DoneFiles, enhancer: Mapping[str, Any]) -> None:
        self.done, self.enhancer = done, enhancer
        self.made_by = hashlib.sha256(_made_by(enhancer)).hexdigest()[:32]

    def mark(self, source: Path, target: Path, sizes: Sequence[tuple[float, float]]) -> Mark | None:
        """None if the enhanced image of `source` is there; else the mark of the one to be made.

        Args:
            target: PNG below the folder.
            sizes: widths and heights that it has to have.

        Raises:
            ImageReadError: see `make_stamp`.
        """
        size = self.done.outcome(self._key(target), source, self.made_by)
        if size is not None and _has_sizes(size, sizes):
            return None
        mark = Mark(source=settled(source), stamp=make_stamp(source, self.enhancer))
        before = read_stamp(target)
        if before is None or before[0] != mark.stamp or not _has_sizes(before[1], sizes):
            return mark
        self._add(target, mark, before[1])
        return None

    def write(self, source: Path, target: Path, image: np.ndarray, mark: Mark) -> None:
        """Write an enhanced image (H, W, 3) uint8 with its stamp, and note it."""
        write_image(target, image, comment=mark.stamp)
        self._add(target, mark, image.shape[1::-1])

    def _add(self, target: Path, mark: Mark, size: Sequence[int]) -> None:
        """Note that an image of this width and height was written."""
        name = self._key(target)
        self.done.add(name, self.made_by, mark.source, name, size)

    def _key(self, target: Path) -> str:
        return target.relative_to(self.done.folder).as_posix()


def _has_sizes(size: Sequence[int], sizes: Sequence[tuple[float, float]]) -> bool:
    return all(tuple(size) == one for one in sizes)
