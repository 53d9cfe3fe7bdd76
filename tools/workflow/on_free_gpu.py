"""Run a command on a GPU that no other such command uses; wait until one is free. Without GPUs, just run it.

    python tools/workflow/on_free_gpu.py [--jobs 2] python tools/train.py ...

The workflow starts every GPU stage with it, so that `snakemake --resources gpu=4` uses four GPUs and not one of them
four times. A slot is a locked file: it is free again when the command ends, in whatever way. Where a scheduler gives
each job its own GPUs (CUDA_VISIBLE_DEVICES), the slots are those; jobs of SLURM never wait for one another.
"""

import argparse
import fcntl
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from data.errors import MissingFileError
from tools.command_line.run import run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.environ.get("JOBS_PER_GPU", "1"),
        help="commands that may share a GPU (default: the environment variable JOBS_PER_GPU, or 1)",
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the command and its arguments")
    args = parser.parse_args(argv)
    if not args.command or args.jobs < 1:
        parser.error("give a command, and at least one job per GPU")
    return args


def gpus() -> list[str]:
    """The GPUs that this process may use, by number or name."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [gpu for gpu in visible.split(",") if gpu]
    try:
        lines = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True).stdout.splitlines()
    except (FileNotFoundError, subprocess.CalledProcessError):
        return []
    return [str(number) for number, line in enumerate(line for line in lines if line.startswith("GPU "))]


def take_slot(names: Sequence[str], jobs: int, folder: Path) -> str:
    """Lock a free slot and return its GPU; the lock lives as long as this process, whatever program it runs.

    Args:
        names: the GPUs.
        jobs: slots of each; the first slot of every GPU is taken before the second of any.
        folder: of the lock files.
    """
    waits = False
    while True:
        for slot in range(jobs):
            for name in names:
                file = os.open(folder / f"gpu-{name.replace('/', '-')}-{slot}.lock", os.O_CREAT | os.O_RDWR, 0o666)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(file)
                    continue
                os.set_inheritable(file, True)
                return name
        if not waits:
            print(f"waiting for one of {len(names)} GPUs with {jobs} jobs each", flush=True)
        waits = True
        time.sleep(1)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    if names := gpus():
        # A cluster numbers the GPUs of every job from 0: another job's GPU 0 is another GPU.
        folder = Path(tempfile.gettempdir(), f"gpu-slots-{os.getuid()}-{os.environ.get('SLURM_JOB_ID', 'local')}")
        folder.mkdir(exist_ok=True)
        os.environ["CUDA_VISIBLE_DEVICES"] = take_slot(names, args.jobs, folder)
    try:
        os.execvp(args.command[0], args.command)
    except FileNotFoundError as error:
        raise MissingFileError(f"{args.command[0]}: no such command") from error


if __name__ == "__main__":
    run(main)
