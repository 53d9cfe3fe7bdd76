import multiprocessing
import time

import torch.distributed as dist
from mmengine.dist import all_gather_object

from enhance.sharing import Shared


def test_one_process_takes_all():
    assert list(Shared(range(5), 2)) == list(range(5))


def take(rank: int, address: str, seconds: float, parts) -> None:
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=3)
    mine, share = [], Shared(range(60), 2)
    for job in share:
        time.sleep(seconds)
        mine.append(job)
    parts.put((rank, mine, time.monotonic()))
    all_gather_object(rank)
    dist.destroy_process_group()


def test_each_job_is_done_once_and_nobody_waits_for_a_slow_process(tmp_path):
    context = multiprocessing.get_context("spawn")
    parts = context.Queue()
    pace = {0: 0.005, 1: 0.2, 2: 0.005}
    address = f"file://{tmp_path}/meet"
    processes = [context.Process(target=take, args=(rank, address, pace[rank], parts)) for rank in pace]
    for process in processes:
        process.start()
    found = {rank: (jobs, end) for rank, jobs, end in (parts.get(timeout=120) for _ in processes)}
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert sorted(job for jobs, _ in found.values() for job in jobs) == list(range(60))
    assert len(found[1][0]) < 10 < len(found[0][0])
    ends = [end for _, end in found.values()]
    assert max(ends) - min(ends) < 2  # an equal share of the slow one would take 4 s
