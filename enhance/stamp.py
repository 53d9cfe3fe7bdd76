"""By which source and enhancer an image was made: text in its PNG, which survives copying and coarse clocks."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from data.images.image_io import read_bytes
from data.images.png import png_is_complete

PIXELS = 1
"""To be raised when a version reads or enhances an image to other pixels, so that older ones are made anew."""


def make_stamp(source: Path, enhancer: Mapping[str, Any]) -> str:
    """SHA-256 of a file's content, of the JSON-able identity of an enhancer, and of `PIXELS`.

    Raises:
        ImageReadError: If the file cannot be read.
    """
    made_by = f"{PIXELS} {json.dumps(enhancer, sort_keys=True)}"
    return hashlib.sha256(made_by.encode() + read_bytes(source)).hexdigest()


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
