"""Processor time, here or in a process of its own with its peak memory, and tables: what benchmarks share."""

import contextlib
import io
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep greetings and progress bars out of the output."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    for row in (header, ["---"] * len(header), *rows):
        print(f"| {' | '.join(row)} |", flush=True)
    print(flush=True)


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor time of `work` and its result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def best_in_turn(works: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """The least processor seconds of each work, in rounds that run all of them."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(seconds(work)[0])
    return {name: min(each) for name, each in taken.items()}


def measure(prepare: Callable[..., Callable[[], Any]], *args: Any, repeats: int = 1) -> tuple[float, float]:
    """Run `prepare(*args)` in a fresh process (Linux), and time what it returns.

    Args:
        prepare: a function of a module; what it does itself, such as imports, is before the clock starts.
        repeats: how often what it returns is called.

    Returns:
        Processor seconds of a call, the least of the repeats, since what else runs on the machine only adds to them,
        and peak memory of the process in MiB, imports included.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_measure_here, repeats, prepare, *args).result()


def _measure_here(repeats: int, prepare: Callable[..., Callable[[], Any]], *args: Any) -> tuple[float, float]:
    with silence():
        work = prepare(*args)
        spent = min(seconds(work)[0] for _ in range(repeats))
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return spent, int(peak.split()[1]) / 1024
