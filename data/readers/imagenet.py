"""Color photographs, ImageNet-like: what the colorization GAN learns color from (paper 002, section 3.2).

ILSVRC 2012 (Russakovsky et al., IJCV 115, 2015) has 1,281,167 training and 50,000 validation images of 1,000 classes.
Any folder of color photographs will do.
"""

import os
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from data.coco import ImageRecord
from data.images.find import find_images, has_images
from data.readers.parts.errors import DatasetNotFound
from data.readers.reader import ALL, Reader, SourceData

_WHERE = "https://image-net.org (registration needed), or any folder of color photographs"
_SHAPE = """  SRC/train/<class>/*.jpg  and  SRC/val/<class>/*.jpg; the class folders may be left out,
  SRC/<class>/*.jpg        or so, split by chance"""


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--min-chroma", type=float, help="leave out images that are less colored (6: nearly gray)")
    parser.add_argument(
        "--more", nargs="+", default=[], metavar="DIR", help="further folders of the same shape, relative to SRC"
    )


def check_source(src: str | os.PathLike[str], more: Sequence[str] = ()) -> None:
    """Make sure that there are images, on both sides where the source has two.

    Args:
        more: further folders, relative to `src`, with the same sides.

    Raises:
        DatasetNotFound: there are none, or a further folder has other sides.
    """
    sources = [Path(src), *(Path(src, folder) for folder in more)]
    for folder in (folder for source in sources for folder in _side_folders(source).values()):
        if not has_images(folder):
            raise DatasetNotFound("Color photographs (ImageNet)", folder, "no images", _WHERE, _SHAPE)
    for other in sources[1:]:
        if _side_folders(other).keys() != _side_folders(sources[0]).keys():
            problem = f"train/ and val/ are in only one of {sources[0]} and {other}"
            raise DatasetNotFound("Color photographs (ImageNet)", other, problem, _WHERE, _SHAPE)


def read(src: str | os.PathLike[str], min_chroma: float | None = None, more: Sequence[str] = ()) -> SourceData:
    """Read the sides "train" and "test" where `src` has train/ and val/, else all images below `src`.

    Records are without a patient, width and height are 0. `extra` has the name of the class folder, if there is one.
    Names of images of the folders `more` begin with images/more0, images/more1, ...

    Args:
        min_chroma: see `SourceData`.
        more: see `check_source`.

    Raises:
        DatasetNotFound: see `check_source`.
    """
    check_source(src, more)
    sources = {"images": Path(src)} | {f"images/more{n}": Path(src, folder) for n, folder in enumerate(more)}
    sides: dict[str, list[ImageRecord]] = {}
    for prefix, source in sources.items():
        for side, folder in _side_folders(source).items():
            sides.setdefault(side, []).extend(_read_folder(folder, Path(prefix, folder.relative_to(source))))
    return SourceData(sides, color=True, min_chroma=min_chroma)


def _side_folders(src: Path) -> dict[str, Path]:
    if (src / "train").is_dir() and (src / "val").is_dir():
        return {"train": src / "train", "test": src / "val"}
    return {ALL: src}


def _read_folder(folder: Path, prefix: Path) -> list[ImageRecord]:
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


READER = Reader("imagenet", __doc__, check_source, read, add_options)
