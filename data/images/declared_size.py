"""Whether an image has the size that its annotation file says: boxes are in pixels of that size."""

import os
from pathlib import Path

from PIL import Image

from data.errors import UserError

_ORIENTATION_TAG = 274
_TURNED = (5, 6, 7, 8)


def check_declared_size(
    path: str | os.PathLike[str], found: tuple[int, int], declared: tuple[float, float], turned: bool = False
) -> None:
    """Refuse an image of another size than is declared.

    Args:
        found, declared: width and height in pixels, of the image as it is read and in the annotation file.
        turned: its EXIF orientation exchanges width and height.

    Raises:
        UserError: naming the image, both sizes and the remedy.
    """
    if tuple(found) == tuple(declared):
        return
    how = " when turned as its EXIF orientation says" if turned else ""
    raise UserError(
        f"{path} has {found[0]} x {found[1]} pixels{how}, its annotation file says {declared[0]:g} x {declared[1]:g}: "
        "boxes would not fit; correct width, height and boxes there, or give the image that they were drawn on"
    )


def check_header(path: str | os.PathLike[str], declared: tuple[float, float]) -> None:
    """As `check_declared_size`, from the header alone. Kinds whose header is not known here, as DICOM, pass.

    Raises:
        UserError: the file is not there, or of another size than is declared.
    """
    if not Path(path).is_file():
        raise UserError(f"{path} is not there, but an annotation file lists it: bring it back, or take it off the list")
    found = _header(path)
    if found is not None:
        check_declared_size(path, found[0], declared, found[1])


def header_size(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Width and height of an image as it is read, from the header alone; None where that cannot be read."""
    found = _header(path)
    return None if found is None else found[0]


def _header(path: str | os.PathLike[str]) -> tuple[tuple[int, int], bool] | None:
    """The size, and whether the EXIF orientation exchanges width and height."""
    try:
        with Image.open(path) as image:
            width, height = image.size
            turned = image.getexif().get(_ORIENTATION_TAG) in _TURNED
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    return ((height, width) if turned else (width, height)), turned
