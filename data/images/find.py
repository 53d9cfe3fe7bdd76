"""Which files are images, by their names: nothing is decoded here, so that readers need no decoder."""

import os
from collections.abc import Iterator
from pathlib import Path

from data.errors import MissingFileError

DICOM_SUFFIXES = (".dcm", ".dicom")

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", *DICOM_SUFFIXES)
"""Lower-case file suffixes that `find_images` lists without a look into the file."""

_OTHER_SUFFIXES = (".csv", ".gz", ".html", ".json", ".md", ".npy", ".pdf", ".pth", ".py", ".txt", ".xml", ".zip")


def find_images(folder: str | os.PathLike[str]) -> list[Path]:
    """All images below `folder`: sorted, relative to `folder`, without hidden files. Linked folders are entered.

    An image has a suffix of `IMAGE_SUFFIXES`, or is a DICOM file under another name: exports of picture archives often
    hold `IM000001` or `1.2.840.113619.2.5`. A DICOMDIR is none.

    Raises:
        MissingFileError: `folder` is no folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFileError(f"{folder}: no such folder; give the folder that holds the images")
    return sorted(_images_below(folder))


def has_images(folder: str | os.PathLike[str]) -> bool:
    """Whether `folder` is a folder in which `find_images` would find an image; the first one found is enough."""
    return Path(folder).is_dir() and next(_images_below(Path(folder)), None) is not None


def png_name(path: Path) -> Path:
    """The name of an image as PNG: a suffix of `IMAGE_SUFFIXES` becomes `.png`; to any other name `.png` is appended.

    So the UIDs 1.2.5 and 1.2.6 keep names of their own.
    """
    return path.with_suffix(".png") if path.suffix.lower() in IMAGE_SUFFIXES else path.with_name(f"{path.name}.png")


def _images_below(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder, followlinks=True):
        below = Path(root).relative_to(folder)
        folders[:] = [name for name in folders if not name.startswith(".") and not _leads_up(Path(root, name))]
        yield from (below / name for name in files if not name.startswith(".") and _is_image(Path(root, name)))


def _leads_up(folder: Path) -> bool:
    """Whether it is a link to a folder in which it lies, and would be entered for ever."""
    return folder.is_symlink() and folder.parent.resolve().is_relative_to(folder.resolve())


def _is_image(path: Path) -> bool:
    suffix = path.suffix.lower()
    if suffix in IMAGE_SUFFIXES:
        return path.is_file()
    if suffix in _OTHER_SUFFIXES or path.name.upper() == "DICOMDIR" or not path.is_file():
        return False
    try:
        with path.open("rb", buffering=0) as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False
