"""Your own boxes as YOLO text files, as Ultralytics, Roboflow, CVAT, Label Studio and LabelImg write them.

A line is `class x y width height` of the box's center, all divided by the image's size; a polygon, `class x y x y ...`,
becomes the box around it. Names of the classes and sides come from data.yaml, obj.names, classes.txt or the folders'
names. An image without a text file, or with an empty one, has no lesion.
"""

import glob
import os
import warnings
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from data.coco import ImageRecord, LesionBox
from data.errors import UserError
from data.images.errors import ImageReadError
from data.readers.parts.errors import DatasetNotFound
from data.readers.parts.export_kinds import no_folder, perhaps
from data.readers.parts.export_sides import settled_sides, side_of
from data.readers.parts.image_index import ImageIndex, prepared_name
from data.readers.parts.missing import add_allow_missing, check_missing
from data.readers.parts.person_names import add_person_pattern, person_names
from data.readers.reader import ALL, Reader, SourceData

SLACK = 0.05
"""Beyond 0 and 1 a box may lie by rounding, and is cut at the edge of its image; further out something is wrong."""
_NAMES = ("classes.txt", "obj.names", "labels/classes.txt")
_WHERE = "your own annotations, exported as YOLO (Ultralytics, Roboflow, CVAT, Label Studio, LabelImg)"
_SHAPE = """  SRC/data.yaml             names, train, val, perhaps test; or obj.names or classes.txt with a name a line
  SRC/images/train/1.png    and labels/train/1.txt; or train/images/, train/labels/; or text files beside images"""


@dataclass(frozen=True)
class _Export:
    """What an export says of itself.

    Attributes:
        names: number of a class to its name.
        sides: side to the images in it, relative to the source.
    """

    names: dict[int, str]
    sides: dict[str, list[Path]]


def add_options(parser: ArgumentParser) -> None:
    add_person_pattern(parser)
    add_allow_missing(parser, "leave out images that a list of the export names and that are not there")


def check_source(src: str | os.PathLike[str]) -> None:
    """Make sure that the names of the classes are there.

    Raises:
        DatasetNotFound: they are not.
    """
    if not Path(src).is_dir():
        raise DatasetNotFound("YOLO annotations", src, no_folder(src), _WHERE, _SHAPE)
    if _yaml_file(Path(src)) is None and _names_file(Path(src)) is None:
        problem = f"neither a data.yaml nor a classes.txt{perhaps(Path(src), 'yolo')}"
        raise DatasetNotFound("YOLO annotations", src, problem, _WHERE, _SHAPE)


def read(src: str | os.PathLike[str], person_pattern: str | None = None, allow_missing: bool = False) -> SourceData:
    """Records of all images of the export, with their boxes.

    Args:
        person_pattern: see `data.readers.parts.person_names`.
        allow_missing: leave out listed images that are not there, with a warning, instead of raising.

    Raises:
        DatasetNotFound: see `check_source`.
        UserError: no side has images, no image has a text file, a line is no box, or a class has no name.
    """
    check_source(src)
    index, persons = ImageIndex(src), person_names(person_pattern)
    export = _read_export(index, allow_missing)
    labels = {file: _label_file(index.src, file) for files in export.sides.values() for file in files}
    bare = [file for file, label in labels.items() if label is None]
    if len(bare) == len(labels):
        first = f"; for {bare[0]} that would be {_places(bare[0])[0]}" if bare else ""
        texts = sorted(index.src.rglob(f"{glob.escape(bare[0].stem)}.txt")) if bare else []
        there = f", not {texts[0].relative_to(index.src)}: move the text files there" if texts else ""
        raise UserError(f"{index.src}: none of {len(labels)} images has a text file with boxes{first}{there}")
    if bare:
        warnings.warn(
            f"{index.src}: {len(bare)} of {len(labels)} images have no text file and count as images without lesions; "
            f"the first is {bare[0]}",
            stacklevel=2,
        )
    repeated = 0
    sides: dict[str, list[ImageRecord]] = {}
    for side, files in export.sides.items():
        sides[side] = []
        for file in files:
            boxes, copies = _read_boxes(index.src, file, labels[file], export.names)
            repeated += copies
            name = prepared_name(file)
            sides[side].append(ImageRecord(index.src / file, name, 0, 0, persons(index.src, file), boxes))
    if repeated:
        warnings.warn(f"{index.src}: {repeated} lines are given twice; each counts once", stacklevel=2)
    return SourceData(settled_sides(src, sides, ALL), list(dict.fromkeys(export.names.values())))


def _read_export(index: ImageIndex, allow_missing: bool) -> _Export:
    file = _yaml_file(index.src)
    if file is not None:
        return _of_yaml(index, file, allow_missing)
    names = _names_file(index.src)
    assert names is not None
    lines = [line.strip() for line in _text(names).splitlines()]
    return _Export(dict(enumerate(line for line in lines if line)), _sides_of_folders(index))


def _sides_of_folders(index: ImageIndex) -> dict[str, list[Path]]:
    """The images of each side by the names of their folders; all others are trained on."""
    sides: dict[str, list[Path]] = {}
    for image in index.files:
        sides.setdefault(side_of(image.parent) or "train", []).append(image)
    return sides


def _of_yaml(index: ImageIndex, file: Path, allow_missing: bool) -> _Export:
    try:
        content = yaml.safe_load(_text(file))
    except yaml.YAMLError as error:
        raise UserError(f"{file}: no YAML file ({' '.join(str(error).split())}); export it again") from error
    if not isinstance(content, dict) or not isinstance(content.get("names"), list | dict):
        raise UserError(f"{file} has no `names`, a list of the classes; write one")
    names = content["names"]
    strange = [
        name for name in (names.values() if isinstance(names, dict) else names) if not isinstance(name, str | int)
    ]
    if strange:
        raise UserError(f"{file}: a name of `names` is no text but a {type(strange[0]).__name__}; write texts")
    try:
        pairs = {int(key): str(name) for key, name in (names.items() if isinstance(names, dict) else enumerate(names))}
    except (TypeError, ValueError) as error:
        raise UserError(f"{file}: the keys of `names` are numbers of classes, not {list(names)[:3]}") from error
    if "nc" in content and content["nc"] != len(pairs):
        raise UserError(f"{file}: nc is {content['nc']}, but {len(pairs)} classes have names; correct one")
    sides: dict[str, list[Path]] = {}
    for side in ("train", "val", "test"):
        entries = content.get(side) or (content.get("valid") if side == "val" else None) or []
        for entry in [entries] if isinstance(entries, str) else entries:
            base, entry = (str(path).replace("\\", "/") for path in (content.get("path") or "", entry))
            found = _of_entry(index, file, base, entry, allow_missing)
            sides.setdefault(side, []).extend(found)
    return _Export(dict(sorted(pairs.items())), sides or _sides_of_folders(index))


def _of_entry(index: ImageIndex, file: Path, base: str, entry: str, allow_missing: bool) -> list[Path]:
    """The images of a folder, or of a list in a text file, that data.yaml names."""
    shortened = Path(*[part for part in Path(entry).parts if part not in ("..", ".", os.sep)])
    tries = [file.parent / base / entry, file.parent / entry, file.parent / shortened, index.src / shortened]
    place = next((one for one in tries if one.exists() and _is_below(one, index.src)), None)
    if place is None:
        raise UserError(f"{file} names {entry}, which is not below {index.src}; correct the path there")
    if place.is_dir():
        below = Path(os.path.relpath(place.resolve(), index.src.resolve()))
        return [image for image in index.files if below == Path() or below in image.parents]
    lines = [line.strip() for line in _text(place).splitlines() if line.strip()]
    found = [(line, index.find(line, (place.parent,))) for line in lines]
    missing = [line for line, image in found if image is None]
    remedy = "Put the images below SRC, or allow missing ones (--allow-missing)"
    check_missing(place, missing, len(found), f"are not below {index.src}", remedy, allow_missing)
    return list(dict.fromkeys(image for _, image in found if image is not None))


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _yaml_file(src: Path) -> Path | None:
    """The one YAML file of an export that has `names`."""
    found = [*sorted(src.glob("*.yaml")), *sorted(src.glob("*.yml"))]
    known = [file for file in found if file.stem in ("data", "dataset")] or found
    if len(known) > 1:
        raise UserError(f"{src} has {known[0].name} and {known[1].name}; keep one, or call it data.yaml")
    return known[0] if known else None


def _names_file(src: Path) -> Path | None:
    return next((src / name for name in _NAMES if (src / name).is_file()), None)


def _places(image: Path) -> list[Path]:
    """Where the text file of an image may be: in labels/ as the image is in images/, or beside it."""
    text = image.with_suffix(".txt")
    parts = list(text.parts)
    swapped = []
    for place in range(len(parts) - 2, -1, -1):
        if parts[place] in ("images", "JPEGImages"):
            swapped = [Path(*parts[:place], "labels", *parts[place + 1 :])]
            break
    return [*swapped, text, Path("labels", text)]


def _label_file(src: Path, image: Path) -> Path | None:
    return next((place for place in _places(image) if (src / place).is_file()), None)


def _read_boxes(src: Path, image: Path, label: Path | None, names: dict[int, str]) -> tuple[list[LesionBox], int]:
    """The boxes of an image in its pixels, and how many lines are copies of others."""
    lines = [] if label is None else [line.split() for line in _text(src / label).splitlines() if line.strip()]
    size = _size(src / image)
    if not lines or size is None:  # one that cannot be read is left out with the reason, as all others are
        return [], 0
    boxes = []
    for number, words in enumerate(lines, start=1):
        where = f"{src / label}, line {number}" if label else ""
        left, top, right, bottom = _edges(words, where)
        category = _category(words[0], names, where)
        x, y = left * size[0], top * size[1]
        boxes.append((x, y, (right - left) * size[0], (bottom - top) * size[1], category))
    once = list(dict.fromkeys(boxes))
    return once, len(boxes) - len(once)


def _edges(words: Sequence[str], where: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a line, divided by the image's size."""
    try:
        values = [float(word) for word in words[1:]]
    except ValueError:
        raise UserError(
            f"{where}: {' '.join(words)!r} has more than numbers; a line is class x y width height"
        ) from None
    if len(values) == 5:
        raise UserError(f"{where} has six numbers: predictions with a score? Lesions have class x y width height")
    if len(values) == 4:
        x, y, width, height = values
        edges = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    elif len(values) >= 6 and len(values) % 2 == 0:
        edges = (min(values[::2]), min(values[1::2]), max(values[::2]), max(values[1::2]))
    else:
        raise UserError(f"{where} has {len(words)} numbers; a line is class x y width height, or class and a polygon")
    if not all(-SLACK <= edge <= 1 + SLACK for edge in edges):
        reach = f"from {edges[0]:g}, {edges[1]:g} to {edges[2]:g}, {edges[3]:g}"
        raise UserError(f"{where}: the box reaches {reach}; 1 is the end of the image: divide pixels by its size")
    if not (edges[2] > edges[0] and edges[3] > edges[1]):
        raise UserError(f"{where}: the box has no area; remove the line or draw the box again")
    return edges


def _category(word: str, names: dict[int, str], where: str) -> str:
    number = float(word) if _is_number(word) else -1.0
    if number not in names:
        raise UserError(
            f"{where}: class {word}, but the export has names for {_few(names)}; add the name, or correct it"
        )
    return names[int(number)]


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _few(names: Iterable[int]) -> str:
    numbers = sorted(names)
    return ", ".join(map(str, numbers[:10])) + (", ..." if len(numbers) > 10 else "")


def _size(path: Path) -> tuple[int, int] | None:
    """Width and height of an image as it is read; None for one that cannot be read."""
    from data.images.declared_size import header_size  # decoders take a while to load, and `--help` needs none
    from data.images.image_io import read_grayscale

    known = header_size(path)
    if known is not None:
        return known
    try:
        height, width = read_grayscale(path).shape  # its header is not known there, as that of DICOM
    except ImageReadError:
        return None
    return width, height


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: no text in UTF-8 ({error}); export it again") from error


READER = Reader("yolo", __doc__, check_source, read, add_options)
