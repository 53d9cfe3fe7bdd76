"""Your own boxes as Pascal VOC XML, as LabelImg, CVAT, Label Studio and Roboflow write them.

One XML file for each image, found by themselves; sides come from ImageSets/Main/*.txt or from the words train, val(id)
and test in the folders' names. Coordinates are taken as they stand; in the files of Pascal VOC itself pixels are
counted from 1 (`--one-based`). Images without an XML file have not been looked at, and are left out.
"""

import os
import warnings
import xml.etree.ElementTree as ElementTree
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from data.coco import ImageRecord, LesionBox
from data.errors import UserError
from data.images.find import files_below
from data.readers.parts.errors import DatasetNotFound
from data.readers.parts.export_kinds import no_folder, perhaps
from data.readers.parts.export_sides import settled_sides, side_of
from data.readers.parts.image_index import ImageIndex, prepared_name
from data.readers.parts.missing import add_allow_missing, check_missing
from data.readers.parts.person_names import add_person_pattern, person_names
from data.readers.reader import ALL, Reader, SourceData

_WHERE = "your own annotations, exported as Pascal VOC (LabelImg, CVAT, Label Studio, Roboflow)"
_SHAPE = """  SRC/Annotations/1.xml            and JPEGImages/1.png, images/1.png, or the image beside its XML file
  SRC/ImageSets/Main/train.txt     and test.txt, names without suffix; or folders train/, valid/, test/; or neither"""
_LISTS = Path("ImageSets/Main")


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--one-based",
        action="store_true",
        help="pixels are counted from 1 and both ends are part of a box, as in the files of Pascal VOC itself",
    )
    add_person_pattern(parser)
    add_allow_missing(parser, "leave out XML files whose image is not there")


def check_source(src: str | os.PathLike[str]) -> None:
    """Make sure that there are XML files.

    Raises:
        DatasetNotFound: there are none.
    """
    if not Path(src).is_dir():
        raise DatasetNotFound("Pascal VOC annotations", src, no_folder(src), _WHERE, _SHAPE)
    if not _xml_files(Path(src)):
        raise DatasetNotFound("Pascal VOC annotations", src, f"no XML file{perhaps(Path(src), 'voc')}", _WHERE, _SHAPE)


def read(
    src: str | os.PathLike[str],
    one_based: bool = False,
    person_pattern: str | None = None,
    allow_missing: bool = False,
) -> SourceData:
    """Records of all images that have an XML file, with their boxes. Categories are sorted by name.

    Args:
        one_based: see `add_options`.
        person_pattern: see `data.readers.parts.person_names`.
        allow_missing: leave out XML files without an image, with a warning, instead of raising.

    Raises:
        DatasetNotFound: see `check_source`.
        UserError: a file is no annotation, a box is turned or has no area, an image is missing, of another size than
            its file says, or could be one of several.
    """
    check_source(src)
    index, persons = ImageIndex(src), person_names(person_pattern)
    files = _xml_files(index.src)
    trees = {file: _parse(index.src / file) for file in files}
    found = {file: _image_of(index, file, tree) for file, tree in trees.items()}
    missing = [file for file, image in found.items() if image is None]
    remedy = "Put the images beside them or into JPEGImages/, or allow missing ones (--allow-missing)"
    check_missing(index.src, missing, len(found), "have no file", remedy, allow_missing)
    taken = Counter(image for image in found.values() if image is not None)
    _check_taken_once(index.src, found, taken)
    _note_unmarked(index, taken)
    listed = _listed_sides(index.src)
    sides: dict[str, list[ImageRecord]] = {}
    difficult = 0
    for file, image in found.items():
        side = listed.get(file.stem) if listed else side_of(file.parent) or "train"
        if image is None or side is None:
            continue
        source, tree = index.src / image, trees[file]
        _check_size(tree, source, index.src / file)
        boxes = [_box(element, index.src / file, one_based) for element in tree.findall("object")]
        difficult += sum(element.findtext("difficult", "0").strip() == "1" for element in tree.findall("object"))
        name = prepared_name(Path(image.as_posix().removeprefix("JPEGImages/")))
        sides.setdefault(side, []).append(ImageRecord(source, name, 0, 0, persons(index.src, image), boxes))
    if difficult:
        warnings.warn(f"{index.src}: {difficult} objects are marked difficult; they count as lesions", stacklevel=2)
    found_boxes = [box for records in sides.values() for record in records for box in record.boxes]
    if not one_based:
        _note_counting(index.src, found_boxes)
    categories = sorted({box[4] for box in found_boxes})
    return SourceData(settled_sides(src, sides, ALL), categories)


def _check_taken_once(src: Path, found: Mapping[Path, Path | None], taken: Counter[Path]) -> None:
    twice = next((image for image, count in taken.items() if count > 1), None)
    if twice is not None:
        both = [str(file) for file, image in found.items() if image == twice]
        raise UserError(f"{src}: {' and '.join(both[:2])} are both of {twice}; remove one")


def _note_counting(src: Path, boxes: Sequence[LesionBox]) -> None:
    """Warn of boxes (x, y, width, height, name) that may be counted from 1: all are whole, and the first pixel is 1."""
    whole = all(float(number).is_integer() for box in boxes for number in box[:4])
    if boxes and whole and min(min(box[:2]) for box in boxes) == 1:
        warnings.warn(
            f"{src}: all coordinates are whole numbers and the least is 1: if pixels are counted from 1, as in Pascal "
            "VOC's own files, give --one-based, or boxes are a pixel off",
            stacklevel=3,
        )


def _xml_files(src: Path) -> list[Path]:
    return sorted(Path(name) for name in files_below(src) if name.lower().endswith(".xml"))


def _parse(file: Path) -> ElementTree.Element:
    content = file.read_bytes()
    if b"<!" in content.replace(b"<!--", b"").replace(b"<![CDATA[", b""):
        raise UserError(f"{file} has a document type, which no annotation needs; remove the lines with <!")
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise UserError(f"{file}: no XML file ({error}); export it again") from error
    if root.tag != "annotation":
        raise UserError(f"{file}: no Pascal VOC annotation, but a <{root.tag}>; export as Pascal VOC, or move the file")
    return root


def _image_of(index: ImageIndex, file: Path, tree: ElementTree.Element) -> Path | None:
    """The image of an XML file: of its name; else the one that it names, which a renamed file does not know."""
    beside = [file.parent, Path("JPEGImages"), Path("images"), file.parent.parent / "images"]
    for folder in beside:
        image = index.of_stem(file.stem, folder)
        if image is not None and image.parent == folder:
            return image
    named = (tree.findtext("filename") or "").strip()
    return index.of_stem(file.stem) or (index.find(named, (index.src / file.parent,)) if named else None)


def _note_unmarked(index: ImageIndex, taken: Counter[Path]) -> None:
    unmarked = [image for image in index.files if image not in taken]
    if unmarked:
        warnings.warn(
            f"{index.src}: {len(unmarked)} images have no XML file and are left out, as nobody has looked at them; "
            f"the first is {unmarked[0]}",
            stacklevel=3,
        )


def _listed_sides(src: Path) -> dict[str, str]:
    """Stem of an image to its side, by the lists of ImageSets/Main; empty without lists of sides."""
    sides: dict[str, str] = {}
    for file in sorted((src / _LISTS).glob("*.txt")):
        side = side_of(file.name)
        if side is None or file.stem.lower() != side and "_" in file.stem:  # such as trainval, or cat_train
            continue
        for line in file.read_text(encoding="utf-8-sig").splitlines():
            stem = Path(line.split()[0]).stem if line.split() else ""
            if stem and sides.setdefault(stem, side) != side:
                raise UserError(f"{file}: {stem} is in {sides[stem]}.txt too; an image is trained on or tested")
    return sides


def _check_size(tree: ElementTree.Element, source: Path, file: Path) -> None:
    """LabelImg writes 0 where it did not know the size."""
    from data.images.declared_size import check_header  # Pillow takes a while to load, and `--help` needs none

    sizes = [tree.findtext(f"size/{side}", "0").strip() for side in ("width", "height")]
    try:
        width, height = (float(size or 0) for size in sizes)
    except ValueError:
        raise UserError(f"{file}: the size {' x '.join(sizes)} is no number; correct it") from None
    if width > 0 and height > 0:
        check_header(source, (width, height))


def _box(element: ElementTree.Element, file: Path, one_based: bool) -> LesionBox:
    name = (element.findtext("name") or "").strip()
    if not name:
        raise UserError(f"{file}: an object has no name; give it one")
    for attribute in element.iterfind("attributes/attribute"):
        if attribute.findtext("name") == "rotation" and attribute.findtext("value", "0").strip() not in ("0", "0.0"):
            raise UserError(f"{file}: the box of {name} is turned; draw it without a turn, and export again")
    if element.find("bndbox") is None:
        what = "a turned box (robndbox)" if element.find("robndbox") is not None else "no bndbox"
        raise UserError(f"{file}: the object {name} has {what}; draw an upright box, and export again")
    texts = [element.findtext(f"bndbox/{edge}", "").strip() for edge in ("xmin", "ymin", "xmax", "ymax")]
    try:
        left, top, right, bottom = map(float, texts)
    except ValueError:
        raise UserError(f"{file}: the box of {name} has the edges {texts}; write four numbers") from None
    if one_based:
        left, top = left - 1, top - 1
    if not (right > left and bottom > top):
        raise UserError(f"{file}: the box of {name}, {texts}, has no area; remove it or draw it again")
    return left, top, right - left, bottom - top, name


READER = Reader("voc", __doc__, check_source, read, add_options)
