"""One job per image, in parallel, with a progress bar."""

import os
import signal
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import active_children, connection, parent_process
from threading import Thread
from typing import Any

import cv2
from tqdm import tqdm

from data.errors import UserError


def map_images(work: Callable[[Any], Any], jobs: Sequence[Any], workers: int, title: str) -> Generator[Any]:
    """Yield `work(job)` for each job, in order, while a bar shows how many are done and the time left.

    Closed before its end (`contextlib.closing`), it waits for what the workers have begun.

    Args:
        work: a module's function, or a partial of one, so that processes can be given it.
        workers: processes; 0 works in this one. They end when this one does, however it ends.
        title: stands before the bar.

    Raises:
        UserError: a worker was killed.
    """
    bar = partial(tqdm, total=len(jobs), unit="image", desc=title)
    if workers <= 0:
        yield from bar(map(work, jobs))
        return
    others = set(active_children())
    pool = ProcessPoolExecutor(workers, initializer=_begin_worker)
    try:
        yield from bar(pool.map(work, jobs, chunksize=max(1, min(16, len(jobs) // (4 * workers)))))
    except BrokenProcessPool as error:
        for worker in set(active_children()) - others:  # they do not follow the pool's SIGTERM, and it waits for them
            worker.kill()
        raise UserError(
            "a worker process was killed, perhaps because the memory ran out: run again with fewer --workers, or 0"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    cv2.setNumThreads(0)  # OpenCV's own threads would compete with the other processes
    for number in (signal.SIGINT, signal.SIGTERM):  # they go to the whole group, and this process's parent ends it
        signal.signal(number, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for ever, and hold its locks."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
