"""The COCO files of a data set that is enhanced: read, and written again with the names of the enhanced images."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from data.atomic import write_json
from data.coco_file.entries import check_once, is_number
from data.coco_file.read import load_coco
from data.errors import UserError
from data.images.find import files_below, png_name
from data.images.place import name_below, slashed


def read_annotations(src: Path, ann_files: Collection[str] | None = None) -> dict[Path, dict[str, Any]]:
    """The COCO files below `src` (a JSON with a list of images that have a `file_name`) by their relative paths.

    Args:
        src: Folder of the data set.
        ann_files: Only these, relative to `src`; None takes all that are found.

    Returns:
        Their content, that of whole COCO files as `data.coco_file.read.load_coco` reads it; a file of images without
        annotations stays as it is.

    Raises:
        UserError: If a file that ends in `.json` is no JSON, `load_coco` refuses it, one of `ann_files` is no COCO file
            below `src`, or a COCO file names an image that does not lie below `src`, or names one twice.
    """
    found = {}
    for name in sorted(_json_files(src, ann_files)):
        path = src / name
        try:
            coco = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path} is no JSON file ({error}): mend it or move it away") from error
        images = coco.get("images") if isinstance(coco, dict) else None
        if isinstance(images, list) and all(isinstance(image, dict) and "file_name" in image for image in images):
            coco = load_coco(path) if {"annotations", "categories"} <= coco.keys() else coco
            for image in coco["images"]:
                image["file_name"] = _name_in(path, src, image["file_name"])
            check_once(path, [image["file_name"] for image in coco["images"]])
            found[name] = coco
    if missing := [name for name in ann_files or [] if Path(name) not in found]:
        raise UserError(f"{src / missing[0]} is no COCO file: give files with a list of images, relative to {src}")
    return found


def _json_files(src: Path, ann_files: Collection[str] | None) -> list[Path]:
    """Those below `src`, or those of `ann_files` that are."""
    if ann_files is None:
        return [Path(name) for name in files_below(src) if name.endswith(".json")]
    names = [name for name in map(Path, ann_files) if name.suffix == ".json" and not name.is_absolute()]
    return [name for name in names if (src / name).is_file() and not any(part[0] == "." for part in name.parts)]


def _name_in(path: Path, src: Path, file_name: Any) -> str:
    """An image's name relative to `src`: an absolute one would send a detector to the raw image."""
    try:
        return name_below(src, slashed(src, str(file_name)))
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def listed_images(annotations: dict[Path, dict[str, Any]]) -> set[str]:
    """The relative paths, with "/", of all images of COCO files."""
    return {Path(image["file_name"]).as_posix() for coco in annotations.values() for image in coco["images"]}


def declared_sizes(annotations: dict[Path, dict[str, Any]], src: Path) -> dict[Path, list[tuple[float, float]]]:
    """The widths and heights that COCO files give an image below `src`, by its path."""
    sizes: dict[Path, list[tuple[float, float]]] = {}
    for image in (image for coco in annotations.values() for image in coco["images"]):
        if is_number(image.get("width")) and is_number(image.get("height")):
            sizes.setdefault(src / image["file_name"], []).append((image["width"], image["height"]))
    return sizes


def write_annotations(annotations: dict[Path, dict[str, Any]], dst: Path, enhanced: set[str]) -> dict[str, Any]:
    """Write COCO files to their relative paths below `dst`, only the suffixes of `file_name` changed.

    Args:
        annotations: See `read_annotations`; the names are changed in place.
        dst: The enhanced data set.
        enhanced: Relative paths, with "/", of the images that were enhanced.

    Returns:
        For each file its number of images, and the names of those without an enhanced image.
    """
    summary = {}
    for path, coco in annotations.items():
        names = [image["file_name"] for image in coco["images"]]
        for image in coco["images"]:
            image["file_name"] = png_name(Path(image["file_name"])).as_posix()
        write_json(dst / path, coco)
        without = [name for name in names if Path(name).as_posix() not in enhanced]
        summary[path.as_posix()] = dict(images=len(names), without_image=without)
    return summary
