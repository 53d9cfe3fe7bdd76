"""One training per work folder."""

import os
from pathlib import Path

from filelock import FileLock, Timeout

from data.errors import UserError


def claim(work_dir: Path, patience: float = 60) -> None:
    """Keep `work_dir` for this process until it ends, however it ends; processes of one run are led by the first.

    Raises:
        UserError: another training still writes there after `patience` seconds, such as one whose starter was killed.
    """
    if int(os.environ.get("RANK", os.environ.get("SLURM_PROCID", "0"))) > 0:
        return
    work_dir.mkdir(parents=True, exist_ok=True)
    try:
        FileLock(work_dir / ".training.lock", is_singleton=True).acquire(timeout=patience)
    except Timeout as error:
        raise UserError(f"another training writes to {work_dir}: end it, or give another --work-dir") from error
