"""One run per folder that is written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from data.errors import UserError

LOCK = ".lock"
"""An empty file in the folder; that it is there means nothing, only that a process holds it."""


def is_first_process() -> bool:
    """Whether this is the process that leads a run of torchrun or slurm, or one alone."""
    return int(os.environ.get("RANK", os.environ.get("SLURM_PROCID", "0"))) == 0


@contextmanager
def claimed(folder: str | os.PathLike[str], patience: float = 5) -> Iterator[None]:
    """Keep `folder`, which is made, for this process until the block or the process ends, however it ends.

    Processes of one run (torchrun, slurm) are led by the first: the others do not ask.

    Args:
        patience: seconds to wait for another run, such as one whose starter was killed.

    Raises:
        UserError: another run still writes there.
    """
    if not is_first_process():
        yield
        return
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, is_singleton=True)
    try:
        lock.acquire(timeout=patience)
    except Timeout as error:
        raise UserError(f"another run writes to {folder}: wait for its end, or give another folder") from error
    try:
        yield
    finally:
        lock.release()
