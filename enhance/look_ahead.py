"""Work on threads ahead of what is asked for, as far as there is room."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Room:
    """How many bytes of results may be on their way through a pipeline, from the first stage to the last."""

    def __init__(self, size: int) -> None:
        self.size, self.taken, self.largest = size, 0, 0
        self.lock = Lock()

    def take(self, size: int) -> None:
        with self.lock:
            self.taken += size
            self.largest = max(self.largest, size)

    def give_back(self, size: int) -> None:
        with self.lock:
            self.taken -= size

    def is_full(self, to_come: int = 0) -> bool:
        """Whether nothing more may begin, if the `to_come` results that have begun become as large as the largest."""
        return self.taken + to_come * (self.largest or self.size // 16) >= self.size


def _never(to_come: int) -> bool:
    return False


def thread_pool(workers: int) -> AbstractContextManager[ThreadPoolExecutor | None]:
    """So many threads, for `in_order`; none with 0, as with `--workers 0` of all commands."""
    return ThreadPoolExecutor(workers) if workers > 0 else nullcontext()


def in_order(
    pool: ThreadPoolExecutor | None,
    function: Callable[[Item], Result],
    items: Iterable[Item],
    ahead: int,
    is_full: Callable[[int], bool] = _never,
) -> Iterator[Result]:
    """`map` on threads; plain `map` without.

    Args:
        ahead: as many results may wait.
        is_full: asked with the number of results that are not there yet whether nothing more may begin. Something is
            always begun if nothing waits.
    """
    if pool is None:
        yield from map(function, items)
        return
    waiting: deque[Future[Result]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        while len(waiting) > ahead or (waiting and is_full(sum(not result.done() for result in waiting))):
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def batched(items: Iterable[Item], size: int, room: Room | None = None) -> Iterator[list[Item]]:
    """Lists of `size` items; the last may be shorter, and so may those that fill the `room`."""
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == size or (room is not None and room.is_full()):
            yield batch
            batch = []
    if batch:
        yield batch
