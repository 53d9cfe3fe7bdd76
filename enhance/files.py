"""The loop over image files: decode, enhance in batches, write."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TypeVar

import numpy as np
from tqdm import tqdm

from data.errors import UserError
from data.images.declared_size import check_declared_size
from data.images.find import png_name
from data.images.image_io import read_grayscale, write_image

Item = TypeVar("Item")
Result = TypeVar("Result")
Decoded = tuple[Path, Path, np.ndarray]
Enhance = Callable[[list[np.ndarray]], Sequence[np.ndarray]]


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


def enhance_files(
    enhancer: Enhance,
    jobs: Sequence[tuple[Path, Path]],
    batch_size: int,
    workers: int,
    progress: tqdm,
    sizes: Mapping[Path, tuple[float, float]] | None = None,
) -> dict[str, str]:
    """Enhance the (source, target) pairs; decoding and writing run on threads beside the enhancer.

    Args:
        enhancer: Called with lists of at most `batch_size` images.
        workers: Threads that decode, and as many that write; 0 works in this one alone.
        sizes: Width and height that a source has to have, where they are known.

    Returns:
        The reason for every source that could not be read, or is of another size.
    """
    failures: dict[str, str] = {}

    def read(job: tuple[Path, Path]) -> tuple[Path, Path, np.ndarray | UserError]:
        try:
            image = read_grayscale(job[0])
            if sizes and job[0] in sizes:
                check_declared_size(job[0], image.shape[::-1], sizes[job[0]])
            return *job, image
        except UserError as error:
            return *job, error

    def readable(results: Iterable[tuple[Path, Path, np.ndarray | UserError]]) -> Iterator[Decoded]:
        for source, target, image in results:
            if isinstance(image, UserError):
                failures[str(source)] = str(image)
                progress.update()
            else:
                yield source, target, image

    def enhanced(images: Iterable[Decoded]) -> Iterator[Decoded]:
        for batch in batched(images, batch_size):
            results = enhancer([image for _, _, image in batch])
            yield from ((source, target, result) for (source, target, _), result in zip(batch, results, strict=True))

    with thread_pool(workers) as readers, thread_pool(workers) as writers:
        images = readable(in_order(readers, read, jobs, ahead=2 * batch_size + workers))
        for _ in in_order(
            writers, lambda done: write_enhanced(*done), enhanced(images), ahead=2 * batch_size + workers
        ):
            progress.update()
    return failures


def thread_pool(workers: int) -> AbstractContextManager[ThreadPoolExecutor | None]:
    """So many threads, for `in_order`; none with 0, as with `--workers 0` of all commands."""
    return ThreadPoolExecutor(workers) if workers > 0 else nullcontext()


def in_order(
    pool: ThreadPoolExecutor | None, function: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    """`map` on threads with at most `ahead` results waiting, so that memory stays bounded; plain `map` without."""
    if pool is None:
        yield from map(function, items)
        return
    waiting: deque[Future[Result]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of `size` items; the last may be shorter."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def write_enhanced(source: Path, target: Path, image: np.ndarray) -> None:
    """Write the image and give it the time stamp of its source, by which `is_done` knows it again."""
    write_image(target, image)
    stamp = source.stat().st_mtime_ns
    os.utime(target, ns=(stamp, stamp))


def is_done(source: Path, target: Path) -> bool:
    """Whether the enhanced image is there and was made from the source as it is now."""
    return target.is_file() and target.stat().st_mtime_ns == source.stat().st_mtime_ns
