"""Images of one set that are, perhaps resized or encoded again, in another."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

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


def near_duplicates(first: Sequence[Path], second: Sequence[Path], workers: int = 0) -> list[Pair]:
    """Find the pairs of a file of one set and a file of the other that show the same image.

    Files that cannot be read have no pair. One file in both sets is a pair.

    Args:
        first, second: image files.
        workers: processes; 0 works in this one.
    """
    files = list(dict.fromkeys([*first, *second]))
    hashes = dict(zip(files, map_images(_hash, files, workers, "Comparing images"), strict=True))
    rows, columns = ([file for file in side if hashes[file] is not None] for side in (first, second))
    places = _candidates([hashes[file] for file in rows], [hashes[file] for file in columns])
    pairs = [(rows[row], columns[column]) for row, column in places]
    scores = map_images(_compare, pairs, workers, "Looking closer") if pairs else []
    return [Pair(*pair, score) for pair, score in zip(pairs, scores, strict=True) if score >= DUPLICATE]


def _hash(file: Path) -> NDArray[np.int8] | None:
    try:
        return perceptual_hash(read_grayscale(file))
    except ImageReadError:
        return None


def _candidates(first: Sequence[NDArray[np.int8]], second: Sequence[NDArray[np.int8]]) -> list[tuple[int, int]]:
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
