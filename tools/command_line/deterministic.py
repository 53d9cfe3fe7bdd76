"""`--deterministic` of the commands that compute with networks."""

import os
from argparse import ArgumentParser


def add_deterministic(parser: ArgumentParser) -> None:
    """Give a command `--deterministic`; its main function calls `be_deterministic` where it is given."""
    parser.add_argument(
        "--deterministic",
        action="store_true",
        help="the same numbers again on the same machine; on a GPU slower, and an error where it has no such operation",
    )


def be_deterministic() -> None:
    """Let PyTorch compute with algorithms that give the same numbers each time, or raise where it has none.

    On a CPU that is so without it, with the same number of threads.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when cuBLAS is first used
    import torch

    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
