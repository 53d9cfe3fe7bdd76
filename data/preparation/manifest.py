"""The manifest of a prepared data set: how it was made, and which images another run may take away again."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.atomic import write_json
from data.errors import UserError
from data.images.find import find_images, png_name
from data.preparation.prepare import Prepared

MANIFEST = "prepare_manifest.json"
"""Written beside the images by tools/prepare_dataset.py; "files" has `Prepared.status`."""


SIDES = ("train.json", "val.json", "test.json")


def begin_manifest(dst: str | os.PathLike[str]) -> None:
    """Make `dst` the folder of a prepared set, before anything else is written to it.

    Raises:
        UserError: it holds a side or images, and no manifest says that an earlier run wrote them.
    """
    dst = Path(dst)
    if (dst / MANIFEST).exists():
        return
    images = find_images(dst / "images")[:1] if (dst / "images").is_dir() else []
    strange = [name for name in SIDES if (dst / name).exists()] + [f"images/{image}" for image in images]
    if strange:
        raise UserError(f"{dst / strange[0]} exists, but {dst} has no {MANIFEST}: choose an empty folder")
    write_json(dst / MANIFEST, {"files": {}})


def write_manifest(
    dst: str | os.PathLike[str],
    dataset: str,
    src: str | os.PathLike[str],
    settings: Mapping[str, Any],
    prepared: Prepared,
) -> None:
    """Write what was read from where, with which settings, and what became of every image.

    Args:
        dataset: the reader's name.
        settings: the command's options, as JSON values.
    """
    manifest: dict[str, Any] = {"dataset": dataset, "source": str(Path(src).resolve()), "settings": dict(settings)}
    manifest |= {"clipped_boxes": prepared.clipped_boxes, "left_out": prepared.left_out, "files": prepared.status}
    write_json(Path(dst) / MANIFEST, manifest)


def remove_old_images(dst: str | os.PathLike[str], prepared: Prepared) -> int:
    """Delete what an earlier run with other options left in `dst`; call it before the new manifest is written.

    That is every image that its manifest lists and `prepared` has not, and, because the manifest of an interrupted run
    lists none, every image beside a new one that differs in the suffix only. Other files stay.

    Returns:
        How many files were deleted.
    """
    dst = Path(dst)
    if not (dst / "images").is_dir():
        return 0
    listed, new = _listed_files(dst / MANIFEST), {png_name(Path(name)) for name in prepared.status}
    names = [Path("images") / file for file in find_images(dst / "images")]
    names = [name for name in names if name.as_posix() not in prepared.status]
    old = [name for name in names if name.as_posix() in listed or png_name(name) in new]
    for name in old:
        (dst / name).unlink()
    return len(old)


def _listed_files(manifest: Path) -> set[str]:
    try:
        return set(json.loads(manifest.read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()
