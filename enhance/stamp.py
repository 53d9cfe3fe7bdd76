"""By which source and enhancer an image was made: text in its PNG, which survives copying and coarse clocks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from data.images.image_io import read_bytes


def make_stamp(source: Path, enhancer: Mapping[str, Any]) -> str:
    """SHA-256 of a file's content and of the JSON-able identity of an enhancer.

    Raises:
        ImageReadError: If the file cannot be read.
    """
    return hashlib.sha256(json.dumps(enhancer, sort_keys=True).encode() + read_bytes(source)).hexdigest()


def read_stamp(image: Path) -> tuple[str, tuple[int, int]] | None:
    """The stamp of an enhanced PNG, and its width and height; None if there is no such file, or none with a stamp."""
    try:
        with Image.open(image) as png:
            stamp = png.info.get("Comment")
            return (stamp, png.size) if isinstance(stamp, str) and len(stamp) == 64 else None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
