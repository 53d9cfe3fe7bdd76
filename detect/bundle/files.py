"""The files of a bundle: their names, their hashes, and how a folder or a zip file of them is opened.

Reading runs nothing: weights are safetensors, configs are read as data, and every byte is one of the hashed ones.
"""

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data.atomic import atomic_path, write_json
from data.errors import MissingFileError, UserError

INDEX = "bundle.json"
OPERATING_POINTS = "validation_froc.json"
CALIBRATION = "calibration.json"
CARD = "README.md"
REMEDY = "`python tools/bundle.py WORK_DIR --out BUNDLE` makes one of a workflow or a training"
FORMAT = 1
"""Raised when an older version could not read what a newer one writes."""
NAME = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)?")


def write_index(folder: Path, content: Mapping[str, Any]) -> None:
    """Write `bundle.json` of a folder that holds all other files: `content`, the hashes of all, and one of itself."""
    files = {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.name != INDEX}
    index = {"format": FORMAT, **content, "sha256": files}
    write_json(folder / INDEX, {**index, "sha256_of_this": _own_hash(index)})


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _own_hash(index: Mapping[str, Any]) -> str:
    own = {key: value for key, value in index.items() if key != "sha256_of_this"}
    return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()


def check_there(bundle: Path) -> None:
    """Find a wrong path before networks are loaded.

    Raises:
        MissingFileError: no such file or folder.
        UserError: a folder that is no bundle.
    """
    if not bundle.exists():
        raise MissingFileError(f"{bundle}: no such bundle; {REMEDY}")
    if bundle.is_dir():
        _check_index(bundle, bundle)


def _check_index(folder: Path, bundle: Path) -> None:
    if not (folder / INDEX).is_file():
        raise UserError(f"{bundle} is no bundle: it has no {INDEX}; {REMEDY}")


@contextmanager
def opened(bundle: str | Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Open a bundle.

    Args:
        bundle: a folder, or a zip file, which is unpacked until the block ends.

    Returns:
        The folder with the files, all of which are as they were when the bundle was made, and the content of its
        `bundle.json`.

    Raises:
        MissingFileError: no such file or folder.
        UserError: it is no bundle, of a newer version, or a file in it is missing or changed; the text names the file.
    """
    bundle = Path(bundle)
    check_there(bundle)
    if bundle.is_dir():
        yield bundle, check(bundle, bundle)
        return
    with tempfile.TemporaryDirectory(prefix="bundle-") as temporary:
        folder = Path(temporary)
        _unpack(bundle, folder)
        yield folder, check(folder, bundle)


def is_bundle(path: str | Path) -> bool:
    """Whether a path looks like a bundle: a zip file, or a folder with a `bundle.json`."""
    return (Path(path) / INDEX).is_file() or (Path(path).is_file() and zipfile.is_zipfile(path))


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as files:
            for info in files.infolist():
                if info.filename.endswith("/data.pkl"):
                    raise UserError(f"{archive} is a checkpoint; tools/bundle.py makes a bundle of it")
                if not NAME.fullmatch(info.filename):
                    raise UserError(f"{archive} holds {info.filename!r}, which is no file of a bundle")
                with files.open(info) as source, (folder / info.filename).open("wb") as target:
                    shutil.copyfileobj(source, target)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{archive} is damaged or no zip file of a bundle ({error}); copy it anew") from error


def check(folder: Path, bundle: Path) -> dict[str, Any]:
    """The content of `bundle.json`, once every file has its hash.

    Args:
        folder: where the files lie.
        bundle: what errors name.

    Raises:
        UserError: see `opened`.
    """
    _check_index(folder, bundle)
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        version, hashes, own = index["format"], dict(index["sha256"]), index["sha256_of_this"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UserError(f"{bundle}: {INDEX} is damaged ({error}); copy the bundle anew") from error
    if version != FORMAT:
        raise UserError(f"{bundle} has format {version}, this version reads {FORMAT}: install the one that made it")
    if own != _own_hash(index):
        raise UserError(f"{bundle}: {INDEX} was changed since the bundle was made; copy the bundle anew")
    for name, expected in hashes.items():
        if not NAME.fullmatch(name) or not (folder / name).is_file():
            raise UserError(f"{bundle}: {name} is missing; copy the bundle anew")
        if sha256(folder / name) != expected:
            raise UserError(f"{bundle}: {name} was changed or damaged since the bundle was made; copy the bundle anew")
    return index


def check_index(index: Mapping[str, Any], bundle: str | Path) -> None:
    """Make sure that a bundle's index says what a predictor needs.

    Args:
        bundle: what errors name.

    Raises:
        UserError: it lacks something, or names weights that are not in the bundle.
    """
    names, ids, members = (index.get(key) for key in ("label_names", "category_ids", "members"))
    lists = [names, ids, members]
    if not all(isinstance(one, list) and one for one in lists) or len(names or ()) != len(ids or ()):
        raise UserError(f"{bundle}: bundle.json does not say which detectors it has and what they find")
    if not set(map(str, members or ())) <= set(index["sha256"]):
        raise UserError(f"{bundle}: bundle.json names detectors that are not in the bundle")


def pack(folder: Path, archive: Path) -> None:
    """Write the files of a bundle's folder into a zip file; weights do not compress."""
    with atomic_path(archive) as temporary, zipfile.ZipFile(temporary, "w") as files:
        for path in sorted(folder.iterdir()):
            files.write(path, path.name)
