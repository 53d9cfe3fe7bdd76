"""One job per image, in parallel, with a progress bar."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

import cv2
from tqdm import tqdm


def map_images(work: Callable[[Any], Any], jobs: Sequence[Any], workers: int, title: str) -> Iterator[Any]:
    """Yield `work(job)` for each job, in order, while a bar shows how many are done and the time left.

    Args:
        work: a module's function, or a partial of one, so that processes can be given it.
        workers: processes; 0 works in this one.
        title: stands before the bar.
    """
    bar = partial(tqdm, total=len(jobs), unit="image", desc=title)
    if workers <= 0:
        yield from bar(map(work, jobs))
        return
    # OpenCV's own threads would compete with the other processes.
    with ProcessPoolExecutor(workers, initializer=cv2.setNumThreads, initargs=(0,)) as pool:
        yield from bar(pool.map(work, jobs, chunksize=max(1, min(16, len(jobs) // (4 * workers)))))
