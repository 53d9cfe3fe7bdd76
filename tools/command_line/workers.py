"""`--workers` of the commands."""

import os
from argparse import ArgumentParser


def add_workers(parser: ArgumentParser, what: str) -> None:
    """Give a command `--workers`, by default as many as `available_cores`.

    Args:
        what: the workers are, such as "processes".
    """
    parser.add_argument("--workers", type=int, default=available_cores(), help=f"{what} (default: one per core)")


def available_cores() -> int:
    """The cores that this process may use: on a cluster those of the job, not of the machine."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
