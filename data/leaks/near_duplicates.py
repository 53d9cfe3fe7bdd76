"""Images of one set that are, perhaps resized or encoded again, in another."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from data.images.errors import ImageReadError
from data.images.image_io import read_grayscale
from data.leaks.similarity import perceptual_hash, similarity
from data.parallel import map_images

CANDIDATE = 0.6
"""Hashes whose product is at least so large, of 1, are looked at closer."""
DUPLICATE = 0.75
"""Images that are at least so similar are one. Copies are above .81 (JPEG of quality 10), other persons below .70."""
ROWS = 1024
"""Hashes that are compared with all others at once."""


class Pair(NamedTuple):
    """Two files that show the same image, and how similar they are."""

    first: Path
    second: Path
    similarity: float


Hashes = dict[Path, NDArray[np.int8] | None]


def hash_images(files: Iterable[Path], workers: int = 0) -> Hashes:
    """The perceptual hashes of images; None where one cannot be read.

    Args:
        workers: processes; 0 works in this one.
    """
    unique = list(dict.fromkeys(files))
    return dict(zip(unique, map_images(_hash, unique, workers, "Comparing images"), strict=True))


def near_duplicates(first: Iterable[Path], second: Iterable[Path], hashes: Hashes, workers: int = 0) -> list[Pair]:
    """Find the pairs of a file of one set and a file of the other that show the same image.

    One file in both sets is a pair. What has no hash has none.

    Args:
        first, second: image files.
        hashes: of all of them, see `hash_images`.
        workers: processes; 0 works in this one.
    """
    rows, columns = ([file for file in dict.fromkeys(side) if hashes[file] is not None] for side in (first, second))
    places = _candidates([hashes[file] for file in rows], [hashes[file] for file in columns])
    pairs = [(rows[row], columns[column]) for row, column in places]
    scores = map_images(_compare, pairs, workers, "Looking closer") if pairs else []
    return [Pair(*pair, score) for pair, score in zip(pairs, scores, strict=True) if score >= DUPLICATE]


def _hash(file: Path) -> NDArray[np.int8] | None:
    try:
        return perceptual_hash(read_grayscale(file))
    except ImageReadError:
        return None


def _candidates(first: Sequence[Any], second: Sequence[Any]) -> list[tuple[int, int]]:
    """Places of hashes that agree, or contradict, in more bits than chance would have it."""
    if not (first and second):
        return []
    columns = np.stack(second).astype(np.float32).T
    found = []
    for begin in range(0, len(first), ROWS):
        products = np.abs(np.stack(first[begin : begin + ROWS]).astype(np.float32) @ columns)
        places = np.argwhere(products >= CANDIDATE * len(columns))
        found += [(begin + int(row), int(column)) for row, column in places]
    return found


def _compare(pair: tuple[Path, Path]) -> float:
    if pair[0] == pair[1]:
        return 1.0
    return similarity(read_grayscale(pair[0]), read_grayscale(pair[1]))
