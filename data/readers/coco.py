"""Your own boxes as COCO JSON, as CVAT, Label Studio, Roboflow, Supervisely or mmdetection's users have them.

The JSON files are found by themselves, and their sides by the words train, val(id) and test in their paths. What is odd
in them is mended or refused as everywhere (`data.coco_file.read`). Regions (`iscrowd`, `ignore`) are no lesions and
are left out.
"""

import json
import os
import warnings
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.coco import ImageRecord, LesionBox, is_region, patient_of
from data.coco_file.read import load_coco
from data.errors import MissingFileError, UserError
from data.images.find import files_below
from data.readers.parts.errors import DatasetNotFound
from data.readers.parts.export_kinds import no_folder, perhaps
from data.readers.parts.export_sides import settled_sides, side_of
from data.readers.parts.image_index import ImageIndex, prepared_name
from data.readers.parts.missing import add_allow_missing, check_missing
from data.readers.parts.person_names import add_person_pattern, person_names
from data.readers.reader import ALL, Reader, SourceData

_WHERE = "your own annotations, exported as COCO (CVAT: COCO 1.0; Label Studio: COCO; Roboflow: COCO)"
_SHAPE = """  SRC/.../instances_default.json       any name; images, annotations, categories
  SRC/annotations/instances_train.json, SRC/valid/_annotations.coco.json, ...   or one for each side
  SRC/images/...                       the images, anywhere below SRC; PNG, JPEG, TIFF or DICOM"""
_BEGINNING = 4096


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--ann", nargs="+", metavar="FILE", help="these JSON files below SRC alone (default: all that are COCO)"
    )
    add_person_pattern(parser)
    add_allow_missing(parser, "leave out images of the JSON files that are not there")


def check_source(src: str | os.PathLike[str], ann: Sequence[str] | None = None) -> None:
    """Make sure that there are COCO files.

    Raises:
        DatasetNotFound: there are none.
        MissingFileError: one of `ann` is not there.
    """
    _ann_files(Path(src), ann)


def read(
    src: str | os.PathLike[str],
    ann: Sequence[str] | None = None,
    person_pattern: str | None = None,
    allow_missing: bool = False,
) -> SourceData:
    """Records of all images that the JSON files list, with their boxes.

    Args:
        ann: the files, relative to `src`; None searches them.
        person_pattern: see `data.readers.parts.person_names`; a `patient_id` in the file comes first.
        allow_missing: leave out images that are not there, with a warning, instead of raising.

    Raises:
        DatasetNotFound, MissingFileError: see `check_source`.
        UserError: see `data.coco_file.read.read_coco`; two files of one side; images that are missing, of another size
            than the file says, or could be one of several files.
    """
    from data.images.declared_size import check_header  # Pillow takes a while to load, and `--help` needs none

    files = _ann_files(Path(src), ann)
    index, persons = ImageIndex(src), person_names(person_pattern)
    contents = {side: (Path(src) / file, load_coco(Path(src) / file)) for side, file in _by_side(files).items()}
    categories = list(dict.fromkeys(c["name"] for _, coco in contents.values() for c in coco["categories"]))
    sides: dict[str, list[ImageRecord]] = {}
    for side, (path, coco) in contents.items():
        found = [(image, _find(index, path, side, image)) for image in coco["images"]]
        missing = [image["file_name"] for image, file in found if file is None]
        remedy = "Put the images below SRC, or allow missing ones (--allow-missing)"
        check_missing(path, missing, len(found), f"are not below {os.fspath(src)}", remedy, allow_missing)
        boxes = _boxes(path, coco)
        sides[side] = []
        for image, file in found:
            if file is None:
                continue
            source = Path(src) / file
            check_header(source, (image["width"], image["height"]))
            patient = patient_of(image) or persons(Path(src), file)
            extra = {"pixel_spacing": image["pixel_spacing"]} if image.get("pixel_spacing") else {}
            name = prepared_name(file)
            sides[side].append(ImageRecord(source, name, 0, 0, patient, boxes[image["id"]], extra=extra))
    return SourceData(settled_sides(src, sides, ALL), categories)


def _boxes(path: Path, coco: dict[str, Any]) -> dict[Any, list[LesionBox]]:
    names = {category["id"]: category["name"] for category in coco["categories"]}
    boxes: dict[Any, list[LesionBox]] = {image["id"]: [] for image in coco["images"]}
    regions = 0
    for annotation in coco["annotations"]:
        if is_region(annotation):
            regions += 1
            continue
        x, y, width, height = map(float, annotation["bbox"])
        boxes[annotation["image_id"]].append((x, y, width, height, names[annotation["category_id"]]))
    if regions:
        warnings.warn(f"{path}: {regions} regions (iscrowd or ignore) are no lesions and are left out", stacklevel=3)
    return boxes


def _find(index: ImageIndex, path: Path, side: str, image: dict[str, Any]) -> Path | None:
    """The image's file: beside the JSON file, in images/, in a folder of the side's name, or wherever its name is."""
    folder = index.src / "images"
    return index.find(image["file_name"], (path.parent, path.parent / "images", folder / side, folder))


def _by_side(files: Sequence[Path]) -> dict[str, Path]:
    sides: dict[str, Path] = {}
    for file in files:
        side = side_of(file) or (ALL if len(files) == 1 else None)
        if side is None or side in sides:
            rival = "" if side is None else f" and {sides[side]} are both of the side {side}"
            problem = f"{file}{rival}" if rival else f"{file} is of no side"
            raise UserError(f"{problem}: name the files that count by --ann, with train, val or test in their names")
        sides[side] = file
    return sides


def _ann_files(src: Path, ann: Sequence[str] | None) -> list[Path]:
    """The COCO files, relative to `src`, sorted."""
    if not src.is_dir():
        raise DatasetNotFound("COCO annotations", src, no_folder(src), _WHERE, _SHAPE)
    if ann:
        missing = [name for name in ann if not (src / name).is_file()]
        if missing:
            raise MissingFileError(f"--ann {missing[0]}: no such file below {src}")
        return [Path(name) for name in ann]
    found = sorted(Path(name) for name in files_below(src) if name.lower().endswith(".json"))
    files = [file for file in found if _is_coco(src / file)]
    if not files:
        problem = f"none of {len(found)} JSON files has images, annotations and categories"
        problem += perhaps(src, "coco")
        raise DatasetNotFound("COCO annotations", src, problem, _WHERE, _SHAPE)
    return files


def _is_coco(file: Path) -> bool:
    """Whether a JSON file is an object with the three lists; what is no JSON at all but begins so is said later."""
    with file.open("rb") as stream:
        if not stream.read(_BEGINNING).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return False
    try:
        content = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return b'"annotations"' in file.read_bytes()
    return {"images", "annotations", "categories"} <= content.keys()


READER = Reader("coco", __doc__, check_source, read, add_options)
