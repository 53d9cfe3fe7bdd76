"""Images and categories of a COCO file, mended or refused."""

import math
import os
import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from data.errors import UserError
from data.images.place import slashed

Entry = dict[str, Any]


def whole(value: Any) -> Any:
    """A whole number that is written as a float becomes an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def as_number(value: Any) -> Any:
    """A whole number that is written as a float or as text becomes an integer; all else stays as it is."""
    if isinstance(value, str) and value.strip().removeprefix("-").isdecimal():
        return int(value)
    return whole(value)


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False


def need(path: Path, kind: str, entries: Sequence[Entry], keys: tuple[str, ...]) -> None:
    """Refuse entries that lack one of some keys."""
    bare = [entry for entry in entries if not set(keys) <= entry.keys()]
    if bare:
        named = f"{', '.join(keys[:-1])} or {keys[-1]}"
        raise UserError(f"{path}: {len(bare)} {kind} lack {named}; the first is {bare[0]}")


def mend_images(path: Path, images: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
    """Ids are numbers or texts, sizes numbers, file names have "/", and each is there once.

    Raises:
        UserError: naming the file and the first image with a fault.
    """
    need(path, "images", images, ("id", "file_name", "width", "height"))
    mended = [
        image | {"id": whole(image["id"]), "width": as_number(image["width"]), "height": as_number(image["height"])}
        for image in images
    ]
    _refuse(
        path,
        (image for image in mended if not _is_id(image["id"])),
        lambda image: f"the image {image['file_name']!r} has the id {image['id']!r}; give it a number or a text",
    )
    _refuse_twice(path, "image id", [image["id"] for image in mended])
    _refuse(
        path,
        (image for image in mended if not _is_name(image["file_name"])),
        lambda image: f"the image {image['id']!r} has the file_name {image['file_name']!r}; write the file's path",
    )
    _refuse(
        path,
        (
            image
            for image in mended
            if not all(is_number(image[side]) and image[side] > 0 for side in ("width", "height"))
        ),
        lambda image: (
            f"the image {image['file_name']} has width {image['width']!r} and height {image['height']!r}; "
            "write its size in pixels, two numbers above 0"
        ),
    )
    notes = _slash(path, mended)
    _refuse_twice(path, "file_name", [posixpath.normpath(image["file_name"]) for image in mended])
    for image in mended:
        if isinstance(image.get("patient_id"), float) and math.isnan(image["patient_id"]):
            del image["patient_id"]  # an empty cell of a table
    return mended, notes


def mend_categories(
    path: Path, categories: Sequence[Entry], annotations: Sequence[Entry]
) -> tuple[list[Entry], list[str]]:
    """Ids are integers, names texts, each there once; the root that Roboflow puts above all others is left out.

    Raises:
        UserError: naming the file and the first category with a fault.
    """
    need(path, "categories", categories, ("id", "name"))
    mended = [category | {"id": as_number(category["id"])} for category in categories]
    _refuse(
        path,
        (category for category in mended if type(category["id"]) is not int or abs(category["id"]) >= 2**63),
        lambda category: f"the category id {category['id']!r} is no integer (of 64 bits); number them 1, 2, ...",
    )
    _refuse_twice(path, "category id", [category["id"] for category in mended])
    _refuse(
        path,
        (category for category in mended if not _is_name(category["name"])),
        lambda category: f"the category {category['id']} has the name {category['name']!r}; write a text",
    )
    used = [as_number(annotation.get("category_id")) for annotation in annotations]
    roots = [category for category in mended if category["id"] not in used and _is_root(category, mended)]
    _refuse_twice(path, "category name", [category["name"] for category in mended if category not in roots])
    notes = [
        f"{path}: the category {root['name']!r} stands above all others and has no box: it is left out"
        for root in roots
    ]
    return [category for category in mended if category not in roots], notes


def _refuse(path: Path, wrong: Iterable[Entry], say: Callable[[Entry], str]) -> None:
    for entry in wrong:
        raise UserError(f"{path}: {say(entry)}")


def _refuse_twice(path: Path, what: str, values: Sequence[Any]) -> None:
    repeated = [value for value, count in Counter(values).items() if count > 1]
    if repeated:
        raise UserError(
            f"{path}: {len(repeated)} {what}s are used twice, the first is {repeated[0]!r}; give each its own, or "
            "remove what is there twice"
        )


def check_once(ann_file: str | os.PathLike[str], files: Iterable[str]) -> None:
    """Raise `UserError` for an image under two names, such as an absolute and a relative one.

    Args:
        files: of all images, each named in one way.
    """
    repeated = [file for file, count in Counter(files).items() if count > 1]
    if repeated:
        raise UserError(
            f"{ann_file} lists {len(repeated)} images twice, the first is {repeated[0]}: remove one of the two"
        )


def _is_id(value: Any) -> bool:
    return isinstance(value, str) or type(value) is int


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != "" and "\0" not in value


def _slash(path: Path, images: Sequence[Entry]) -> list[str]:
    """Windows paths become "/" paths, unless a file of that very name lies beside the annotation file."""
    changed = [image for image in images if slashed(path.parent, image["file_name"]) != image["file_name"]]
    for image in changed:
        image["file_name"] = slashed(path.parent, image["file_name"])
    return [f'{path}: {len(changed)} file names have "\\": they are read with "/"'] if changed else []


def _is_root(category: Entry, categories: Sequence[Entry]) -> bool:
    others = [other for other in categories if other is not category]
    return bool(others) and all(other.get("supercategory") == category["name"] for other in others)
