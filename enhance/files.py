"""The loop over image files: decode, enhance in batches, write."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from tqdm import tqdm

from data.errors import UserError
from data.images.declared_size import check_declared_size
from data.images.find import png_name
from data.images.image_io import read_grayscale, write_image
from enhance.stamp import make_stamp, read_stamp
from enhance.within_memory import WithinMemory

Item = TypeVar("Item")
Result = TypeVar("Result")
Sizes = Mapping[Path, Sequence[tuple[float, float]]]
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


@dataclass
class _Work:
    """An image on its way: read, then enhanced. It is None where there is nothing to do or a `problem`."""

    source: Path
    target: Path
    stamp: str = ""
    image: np.ndarray | None = None
    problem: str = ""


def enhance_files(
    enhancer: Enhance,
    jobs: Sequence[tuple[Path, Path]],
    batch_size: int,
    workers: int,
    progress: tqdm,
    sizes: Sizes | None = None,
    identity: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Enhance the (source, target) pairs; decoding and writing run on threads beside the enhancer.

    Args:
        enhancer: Called with lists of at most `batch_size` images, of fewer if its GPU's memory is out.
        workers: Threads that decode, and as many that write; 0 works in this one alone.
        sizes: Widths and heights that a source has to have, where they are known.
        identity: Who the enhancer is, see `enhance.recipe.fingerprint`. Images that it has made of these very sources
            before are kept; None makes all anew.

    Returns:
        The reason for every source that could not be read, or is of another size.
    """
    sizes, enhancer = sizes or {}, WithinMemory(enhancer)
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
        for batch in batched(works, batch_size):
            results = enhancer([work.image for work in batch if work.image is not None])
            yield from (replace(work, image=result) for work, result in zip(batch, results, strict=True))

    with thread_pool(workers) as readers, thread_pool(workers) as writers:
        ahead = 2 * batch_size + workers
        works = in_order(readers, lambda job: _read(*job, sizes.get(job[0], ()), identity), jobs, ahead)
        for _ in in_order(writers, _write, enhanced(unfinished(works)), ahead):
            progress.update()
    return failures


def _read(
    source: Path, target: Path, sizes: Sequence[tuple[float, float]], identity: Mapping[str, Any] | None
) -> _Work:
    """Decode a source, unless its enhanced image is there already."""
    work = _Work(source, target)
    try:
        if identity is not None:
            work.stamp = make_stamp(source, identity)
            before = read_stamp(target)
            if before and before[0] == work.stamp and all(before[1] == size for size in sizes):
                return work
        image = read_grayscale(source)
        for size in sizes:
            check_declared_size(source, image.shape[::-1], size)
    except UserError as error:
        return replace(work, problem=str(error))
    return replace(work, image=image)


def _write(work: _Work) -> None:
    assert work.image is not None
    write_image(work.target, work.image, comment=work.stamp)


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
