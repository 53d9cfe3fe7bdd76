"""What a training or a test can lack, memory of the GPU or of the processes that read, and the end of those."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from data.errors import Terminated, UserError

if TYPE_CHECKING:
    from mmengine.runner import Runner


@contextmanager
def explained(loader: str) -> Iterator[None]:
    """Turn what PyTorch says of too little memory into one sentence with a remedy.

    Args:
        loader: the config's key of the loader that feeds the GPU, such as "train_dataloader".

    Raises:
        UserError: the memory of the GPU was out, or a process of a loader was killed.
        Terminated: that process was stopped by SIGTERM.
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        more = "; a training also needs --auto-scale-lr or another learning rate" if loader.startswith("train") else ""
        raise UserError(
            f"the memory of the GPU is out: take smaller batches (--cfg-options {loader}.batch_size=N{more}), or "
            "smaller images"
        ) from error
    except TypeError as error:
        if "unexpected keyword argument" not in str(error):
            raise
        raise UserError(f"the config has an option that nothing takes: {error}; check --cfg-options") from error
    except RuntimeError as error:
        if not str(error).startswith("DataLoader worker (pid"):
            raise
        if "Terminated" in str(error):  # a scheduler stops all processes of a group at once
            raise Terminated from error
        raise UserError(
            "a process that reads images was killed, perhaps because the memory ran out: run again with fewer "
            f"(--cfg-options {loader}.num_workers=N, or 0)"
        ) from error


@contextmanager
def readers_ended(runner: "Runner") -> Iterator[None]:
    """End the persistent workers of a runner's loaders after the block.

    Left to Python's collector of cycles, which first takes away the queue by which they hear of their end, each is
    waited for five seconds.
    """
    try:
        yield
    finally:
        for loop in (runner._train_loop, runner._val_loop, runner._test_loop):
            workers = getattr(getattr(loop, "dataloader", None), "_iterator", None)
            if workers is not None:
                workers._shutdown_workers()
