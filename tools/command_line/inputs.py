"""The images that a command is given as files and folders, what it makes of each, and which it could not read."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.errors import MissingFileError, UserError
from tools.command_line.folders import check_folder


def named_images(inputs: Sequence[Path], out: Path) -> dict[Path, Path]:
    """Every image with its name: of a file the last part of its path, of an image of a folder its path below that.

    Args:
        inputs: files, which need not be images, and folders, which are searched with all folders below them.
        out: folder of what the command makes.

    Raises:
        NoFolderError: `out` is or lies in a file.
        MissingFileError: an input does not exist.
        UserError: a folder has no image, or `out` lies in a folder of images: a second run would take what the first
            has made.
    """
    from data.images.find import find_images

    check_folder(out)
    names: dict[Path, Path] = {}
    for given in inputs:
        if not given.exists():
            raise MissingFileError(f"{given}: no such file or folder")
        if given.is_dir() and out.resolve().is_relative_to(given.resolve()):
            raise UserError(f"--out {out} lies in {given}, where images are searched: choose a folder outside of it")
        found = {given / name: name for name in find_images(given)} if given.is_dir() else {given: Path(given.name)}
        if not found:
            raise UserError(f"no image below {given}")
        names |= found
    return names


def check_outputs(out: Path, targets: dict[Path, Sequence[Path]]) -> None:
    """Make sure that nothing that a command writes goes over an image, or through a link.

    Args:
        targets: what is made of each image, all below `out`.

    Raises:
        UserError: naming both files, or the link.
    """
    from data.images.place import check_targets

    images = {image.resolve(): image for image in targets}
    for image, made in targets.items():
        for target in made:
            if overwritten := images.get(target.resolve()):
                raise UserError(f"{image} would overwrite {overwritten}: choose another folder for --out")
    check_targets(out, [target.relative_to(out) for made in targets.values() for target in made], [])


def print_failures(manifest: Mapping[str, Any]) -> None:
    """Print on stderr the name and the reason of each file of a manifest that failed."""
    for name, entry in manifest["files"].items():
        if entry["status"] == "failed":
            reason = entry["reason"]
            print(f"  {reason}" if name in reason else f"  {name}: {reason}", file=sys.stderr)
