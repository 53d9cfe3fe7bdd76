"""Any image set with one folder a class, such as the seven modalities of paper 001.

Who is on an image is not known, so `patient_id` is None and a split may put images of one person on both sides.
"""

import os
from pathlib import Path

from data.coco import ImageRecord
from data.images.find import find_images
from data.readers.errors import DatasetNotFound

_SHAPE = """  SRC/<class name>/*.png            two classes at least; PNG, JPEG, TIFF or DICOM
  SRC/<class name>/images/*.png     or so, beside other folders such as masks/, which are left out"""


def check_source(src: str | os.PathLike[str]) -> list[str]:
    """The class names: the folders of `src` that hold images, sorted.

    Raises:
        DatasetNotFound: there are fewer than two.
    """
    src = Path(src)
    folders = sorted(p for p in src.iterdir() if p.is_dir() and not p.name.startswith(".")) if src.is_dir() else []
    names = [folder.name for folder in folders if find_images(_image_folder(folder))]
    if len(names) < 2:
        where = "your own data, or any public set with one folder a class"
        raise DatasetNotFound("Class folders", src, f"{len(names)} folders with images", where, _SHAPE)
    return names


def read_records(src: str | os.PathLike[str]) -> tuple[list[ImageRecord], list[str]]:
    """Records with one-hot labels, and the label names. Image files are not opened: width and height are 0.

    Raises:
        DatasetNotFound: see `check_source`.
    """
    names = check_source(src)
    records = []
    for index, name in enumerate(names):
        folder = _image_folder(Path(src) / name)
        one_hot: list[int | None] = [int(i == index) for i in range(len(names))]
        for file in find_images(folder):
            file_name = f"images/{name}/{file.as_posix()}"
            records.append(ImageRecord(folder / file, file_name, 0, 0, None, labels=one_hot))
    return records, names


def _image_folder(folder: Path) -> Path:
    return folder / "images" if (folder / "images").is_dir() else folder
