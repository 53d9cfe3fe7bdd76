"""The files that a table is made of: predictions of rows, repeats and folds, published numbers, cost of enhancing."""

import json
import os
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from data.coco_file.boxes import number_array
from data.errors import MissingFileError, UserError
from detect.froc.detections import read_results
from detect.table1.row_names import split_key

SECONDS = "seconds_per_image"
"""The key of `enhance_manifest.json`."""
PUBLISHED_FPPI = (1, 2, 3, 4)
"""The N of published numbers whose file names none."""


def row_files(items: Sequence[str], option: str = "--pred") -> dict[str, list[tuple[Path, ...]]]:
    """Sort GROUP/ROW=PRED items into rows, each a list of repeats, each the files of its folds, joined by "+".

    A path with "+" that exists as a whole is one file.

    Raises:
        UserError: an item of another form, a file that a row has twice, or repeats of different numbers of folds.
    """
    rows: dict[str, list[tuple[Path, ...]]] = {}
    for item in items:
        key, _, files = item.partition("=")
        names = [files] if os.path.isfile(files) else files.split("+")  # noqa: PTH113, Path fails on a long list
        if not all(names):
            raise UserError(f"{option} {item}: write GROUP/ROW=PRED.json, folds as A.json+B.json")
        try:
            split_key(key)
        except UserError as error:
            raise UserError(f"{option} {item}: {error}") from None
        paths = tuple(map(Path, names))
        known = [*chain(*rows.get(key, [])), *paths]
        if len(set(known)) < len(known):
            raise UserError(f"{option} {item}: a file of {key} is given twice; a repeat is another training")
        rows.setdefault(key, []).append(paths)
    _check_same_folds(rows, option)
    return rows


def _check_same_folds(rows: Mapping[str, Sequence[tuple[Path, ...]]], option: str) -> None:
    """Refuse repeats of different numbers of files: a fold forgotten would count as lesions missed."""
    repeats = [(key, paths) for key, repeats in rows.items() for paths in repeats]
    for key, paths in repeats[1:]:
        first_key, first = repeats[0]
        if len(paths) != len(first):
            raise UserError(
                f"{option} {key}={_joined(paths)}: {len(paths)} fold(s), but {len(first)} in "
                f"{first_key}={_joined(first)}; + joins the files of all folds of a repeat"
            )


def _joined(paths: Sequence[Path]) -> str:
    return "+".join(map(str, paths))


def baselines(rows: Sequence[str]) -> dict[str, str]:
    """Return the baseline of each row "group/row": the first row of its group."""
    first: dict[str, str] = {}
    return {key: first.setdefault(split_key(key)[0], key) for key in rows}


def same_rows(rows: Mapping[str, Sequence[Hashable]]) -> dict[str, str]:
    """Return for each row the first one with the same repeats (perhaps itself): a row may be in several groups."""
    first: dict[tuple[Hashable, ...], str] = {}
    return {key: first.setdefault(tuple(repeats), key) for key, repeats in rows.items()}


def read_folds(paths: Sequence[Path]) -> Iterator[Any]:
    """Yield the entries of the results files of one repeat, one after another.

    Raises:
        MissingFileError: no such file.
        UserError: not a COCO results list, or an image that two of the files have detections on.
    """
    home: dict[Hashable, Path] = {}
    gone = next((path for path in paths if not path.is_file()), None)
    if gone is not None and len(paths) > 1:
        raise MissingFileError(
            f"{gone}: no such results file; + joins folds, so {_joined(paths)} is {len(paths)} files"
        )
    for path in paths:
        for entry in read_results(path):
            if len(paths) > 1:
                _check_fold(entry, path, home)
            yield entry


def _check_fold(entry: Any, path: Path, home: dict[Hashable, Path]) -> None:
    """Refuse an entry on an image that has entries in another file; a wrong entry is found later."""
    image_id = entry.get("image_id") if isinstance(entry, dict) else None
    if image_id is None or not isinstance(image_id, Hashable) or home.setdefault(image_id, path) == path:
        return
    raise UserError(
        f"{path}: the image {image_id!r} has detections in {home[image_id]} too; each image is tested in one fold"
    )


def read_published(path: Path) -> dict[str, Any]:
    """Read published numbers: {"source", "note", "fppi": [1, 2, 3, 4], "rows": {"faster_rcnn/raw": [60.4, ...]}}.

    Returns:
        The same, all four keys, with percent in "rows".

    Raises:
        MissingFileError: no such file.
        UserError: not such an object; the text names the file.
    """
    content = _read_object(path, "--published")
    source, note = content.get("source"), content.get("note", "")
    fppi, rows = content.get("fppi", list(PUBLISHED_FPPI)), content.get("rows")
    if not (isinstance(source, str) and isinstance(note, str) and isinstance(rows, dict) and isinstance(fppi, list)):
        raise UserError(f'{path}: write {{"source": "...", "note": "...", "rows": {{"faster_rcnn/raw": [60.4, ...]}}}}')
    for key, values in {"fppi": fppi, **rows}.items():
        if not _are_percent(values, len(fppi)):
            raise UserError(f"{path}: {key} is {values!r}; write {len(fppi)} numbers from 0 to 100, one for each N")
    return {"source": source, "note": note, "fppi": fppi, "rows": rows}


def _are_percent(values: Any, count: int) -> bool:
    try:
        array = number_array(values)
    except ValueError:
        return False
    return array.shape == (count,) and bool(((array >= 0) & (array <= 100)).all())


def read_costs(items: Sequence[str], rows: Sequence[str]) -> dict[str, float | None]:
    """Read ROW=enhance_manifest.json items: the seconds per image of each enhancement, None where the file has none.

    Raises:
        MissingFileError: no such file.
        UserError: an item of another form, a row that is not in the table or given twice, or a file of another kind.
    """
    known, costs = {split_key(key)[1] for key in rows}, {}
    for item in items:
        row, _, path = item.partition("=")
        if not row or not path:
            raise UserError(f"--cost {item}: write ROW=enhance_manifest.json")
        if row not in known or row in costs:
            why = "is given twice" if row in costs else f"is none of {', '.join(sorted(known))}"
            raise UserError(f"--cost {item}: the row {row} {why}")
        seconds = _read_object(Path(path), "--cost").get(SECONDS)
        numeric = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if seconds is not None and not (numeric and 0 <= seconds < np.inf):
            raise UserError(f"{path}: {SECONDS} is {seconds!r}; it has to be a number of seconds")
        costs[row] = seconds
    return costs


def _read_object(path: Path, option: str) -> dict[str, Any]:
    if not path.is_file():
        raise MissingFileError(f"{path}: no such file for {option}")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise UserError(f"{path}: not a JSON file ({error})") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: {option} takes a JSON object, this is none")
    return content
