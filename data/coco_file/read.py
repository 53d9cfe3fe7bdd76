"""Reading a COCO file: what the world writes comes out as this project expects it, or is refused."""

import json
import logging
import os
from functools import cache
from pathlib import Path
from typing import Any

from data.coco_file.annotations import mend_annotations
from data.coco_file.entries import mend_categories, mend_images
from data.errors import MissingFileError, UserError

_KEYS = ("images", "annotations", "categories")


def load_coco(path: str | os.PathLike[str]) -> dict[str, Any]:
    """As `read_coco`; what was mended is logged as a warning, once for each file."""
    coco, notes = read_coco(path)
    for note in notes:
        _say(note)
    return coco


def read_coco(path: str | os.PathLike[str]) -> tuple[dict[str, Any], list[str]]:
    """Read a COCO JSON file, mend what has one meaning only, and refuse what has none.

    Afterwards ids of images and categories are unique, of annotations 1, 2, ...; every annotation has its image and
    category, a box of four finite numbers, of a lesion with an area and at least in part inside its image, and an
    `area`; sizes of images are numbers above 0; no two images have one file name.

    Returns:
        The file's content, and a sentence about each kind of mending; a byte order mark is not worth one.

    Raises:
        MissingFileError: no such file.
        UserError: not JSON, no COCO, or something that cannot be mended; the text names the file, the entry and the
            remedy.
    """
    path = Path(path)
    coco = _parse(path)
    _check_lists(path, coco)
    images, image_notes = mend_images(path, coco["images"])
    categories, category_notes = mend_categories(path, coco["categories"], coco["annotations"])
    annotations, notes = mend_annotations(path, coco["annotations"], images, categories)
    mended = coco | {"images": images, "annotations": annotations, "categories": categories}
    return mended, [*image_notes, *category_notes, *notes]


@cache
def _say(note: str) -> None:
    logging.getLogger(__name__).warning(note)


def _parse(path: Path) -> Any:
    if not path.is_file():
        raise MissingFileError(
            f"{path}: no such annotation file; give the path of a COCO annotation file (tools/prepare_dataset.py "
            "writes one)"
        )
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not a JSON file ({error}); export it again") from error


def _check_lists(path: Path, coco: Any) -> None:
    missing = [key for key in _KEYS if not (isinstance(coco, dict) and key in coco)]
    if missing:
        raise UserError(f"{path}: not a COCO file: {', '.join(missing)} missing")
    for key in _KEYS:
        if not isinstance(coco[key], list):
            raise UserError(f"{path}: not a COCO file: {key} is no list; write [] where there are none")
        strange = [entry for entry in coco[key] if not isinstance(entry, dict)]
        if strange:
            raise UserError(f"{path}: not a COCO file: {key} has {strange[0]!r}; write a list of objects")
