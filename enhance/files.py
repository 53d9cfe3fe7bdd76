"""The loop over image files: decode, compute in batches, write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from tqdm import tqdm

from data.errors import UserError
from data.images.declared_size import check_declared_size
from data.images.find import png_name
from data.images.image_io import read_grayscale, write_image
from enhance.look_ahead import Room, batched, in_order, thread_pool
from enhance.within_memory import WithinMemory

Sizes = Mapping[Path, Sequence[tuple[float, float]]]
LOOK_AHEAD = 2**30
"""Bytes of images that are read or wait to be written; large radiographs would else fill the memory."""

Enhance = Callable[[list[np.ndarray]], Sequence[Any]]


class Outputs(Protocol):
    """Where the results go, and which of them are there already."""

    def mark(self, source: Path, target: Path, sizes: Sequence[tuple[float, float]]) -> Any:
        """None if the result of `source` is there; else what `write` is to be told of the one to be made."""

    def write(self, source: Path, target: Path, result: Any, mark: Any) -> None:
        """Write what was computed of `source`."""


class PngOutputs:
    """Every result is an image, and is made anew."""

    def mark(self, source: Path, target: Path, sizes: Sequence[tuple[float, float]]) -> Any:
        return ()

    def write(self, source: Path, target: Path, result: np.ndarray, mark: Any) -> None:
        write_image(target, result)


def output_names(images: dict[Path, Path]) -> dict[Path, Path]:
    """Which image goes to which PNG.

    Args:
        images: Files, and the relative paths whose stems they keep.

    Returns:
        The files, and the relative paths of their PNGs.

    Raises:
        UserError: If two files would land on one name, where case does not count either.
    """
    outputs: dict[Path, Path] = {}
    taken: dict[str, Path] = {}
    for image, name in images.items():
        output = png_name(name)
        rival = taken.setdefault(str(output).lower(), image)
        if rival != image:
            raise UserError(f"{rival} and {image} would both become {output}: rename one of them")
        outputs[image] = output
    return outputs


@dataclass
class _Work:
    """An image on its way. It is None where there is nothing to do or a `problem`, and once there is a `result`."""

    source: Path
    target: Path
    mark: Any = None
    image: np.ndarray | None = None
    size: int = 0
    """Bytes of the image in gray and in color, which it takes on its way."""
    problem: str = ""
    result: Any = None


def enhance_files(
    enhancer: Enhance,
    jobs: Iterable[tuple[Path, Path]],
    batch_size: int,
    workers: int,
    progress: tqdm,
    sizes: Sizes | None = None,
    outputs: Outputs | None = None,
) -> dict[str, str]:
    """Enhance the (source, target) pairs; decoding and writing run on threads beside the enhancer.

    Args:
        enhancer: Called with lists of at most `batch_size` images, of fewer if its GPU's memory is out; gives a result
            for each, which is an image unless `outputs` takes others.
        workers: Threads that decode, and as many that write; 0 works in this one alone.
        sizes: Widths and heights that a source has to have, where they are known.
        outputs: Takes the results, and knows those of an earlier run; None is `PngOutputs`.

    Returns:
        The reason for every source that could not be read, or is of another size.
    """
    sizes, enhancer, room, kept = sizes or {}, WithinMemory(enhancer), Room(LOOK_AHEAD), outputs or PngOutputs()
    failures: dict[str, str] = {}

    def unfinished(results: Iterable[_Work]) -> Iterator[_Work]:
        for work in results:
            if work.image is not None:
                yield work
                continue
            if work.problem:
                failures[str(work.source)] = work.problem
            else:
                progress.initial += 1  # what was done before does not count for the time left
            progress.update()

    def enhanced(works: Iterable[_Work]) -> Iterator[_Work]:
        for batch in batched(works, batch_size, room):
            results = enhancer([work.image for work in batch if work.image is not None])
            yield from (replace(work, image=None, result=it) for work, it in zip(batch, results, strict=True))

    def read(job: tuple[Path, Path]) -> _Work:
        work = _read(*job, sizes.get(job[0], ()), kept)
        room.take(work.size)
        return work

    def write(work: _Work) -> None:
        kept.write(work.source, work.target, work.result, work.mark)
        room.give_back(work.size)

    with thread_pool(workers) as readers, thread_pool(workers) as writers:
        ahead = 2 * batch_size + workers
        works = in_order(readers, read, jobs, ahead, room.is_full)
        for _ in in_order(writers, write, enhanced(unfinished(works)), ahead, lambda _: room.is_full()):
            progress.update()
    return failures


def _read(source: Path, target: Path, sizes: Sequence[tuple[float, float]], outputs: Outputs) -> _Work:
    """Decode a source, unless its result is there already."""
    work = _Work(source, target)
    try:
        work.mark = outputs.mark(source, target, sizes)
        if work.mark is None:
            return work
        image = read_grayscale(source)
        for size in sizes:
            check_declared_size(source, image.shape[::-1], size)
    except UserError as error:
        return replace(work, problem=str(error))
    return replace(work, image=image, size=4 * image.size)
