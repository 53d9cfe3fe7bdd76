"""How the processes of torchrun share work: each takes the next few jobs when it has done its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import torch.distributed as dist
from mmengine.dist import broadcast_object_list, get_dist_info

Job = TypeVar("Job")


class Shared(Generic[Job]):
    """This process's part of the jobs, to be iterated once; without other processes that is all of them.

    No process waits for another, and one that is slow, or has the large images, takes fewer. The first process keeps
    the count in this object: it has to live until all have met again (`all_gather_object`).

    Args:
        jobs: the same in every process; all have to begin.
        at_once: how many are taken at a time.
    """

    def __init__(self, jobs: Sequence[Job], at_once: int) -> None:
        self.jobs, self.at_once = jobs, at_once
        rank, processes = get_dist_info()
        self.counter = _common_counter(rank) if processes > 1 else None

    def __iter__(self) -> Iterator[Job]:
        if self.counter is None:
            yield from self.jobs
            return
        while (start := self.counter.add("taken", self.at_once) - self.at_once) < len(self.jobs):
            yield from self.jobs[start : start + self.at_once]


def _common_counter(rank: int) -> dist.Store:
    """A store in the first process that all reach."""
    host = os.environ.get("MASTER_ADDR", "localhost")
    store = dist.TCPStore(host, 0, is_master=True, wait_for_workers=False) if rank == 0 else None
    port = [store.port if store else 0]
    broadcast_object_list(port)
    return store or dist.TCPStore(host, port[0], is_master=False)
