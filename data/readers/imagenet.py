"""Color photographs, ImageNet-like: what the colorization GAN learns color from (paper 002, section 3.2)."""

import os
from pathlib import Path

from data.coco import ImageRecord
from data.images.find import find_images
from data.readers.errors import DatasetNotFound

_WHERE = "https://image-net.org (registration needed), or any folder of color photographs"
_SHAPE = """  SRC/train/<class>/*.jpg  and  SRC/val/<class>/*.jpg; the class folders may be left out,
  SRC/<class>/*.jpg        or so, split by chance"""


def check_source(src: str | os.PathLike[str]) -> dict[str, Path]:
    """The folders of the sides: {"train": ..., "test": ...} where `src` has train/ and val/, else {"all": src}.

    Raises:
        DatasetNotFound: no images.
    """
    src = Path(src)
    if (src / "train").is_dir() and (src / "val").is_dir():
        sides = {"train": src / "train", "test": src / "val"}
    else:
        sides = {"all": src}
    for folder in sides.values():
        if not (folder.is_dir() and find_images(folder)):
            raise DatasetNotFound("Color photographs (ImageNet)", folder, "no images", _WHERE, _SHAPE)
    return sides


def read_records(folder: str | os.PathLike[str], root: str | os.PathLike[str] | None = None) -> list[ImageRecord]:
    """Records of all images below `folder`, without a patient. Files are not opened: width and height are 0.

    `extra` has the name of the class folder, if there is one. File names are relative to `root`, by default `folder`.
    """
    folder = Path(folder)
    prefix = "images" / folder.relative_to(root or folder)
    return [
        ImageRecord(
            folder / file,
            (prefix / file).as_posix(),
            0,
            0,
            None,
            extra={"class": file.parts[0]} if len(file.parts) > 1 else {},
        )
        for file in find_images(folder)
    ]
