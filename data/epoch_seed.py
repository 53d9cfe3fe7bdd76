"""Random numbers that depend on the seed and the epoch only, so that a resumed training repeats an unbroken one."""

import random

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner


def seed_worker(worker_id: int) -> None:
    """Seed `random` and NumPy in a loader's worker from torch, whose seed differs by worker and epoch."""
    seed = torch.initial_seed() % 2**32
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  transforms draw from the global state


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Seed all generators before each epoch from the run's seed, the epoch and the process.

    A checkpoint holds weights and optimizers but no random state. With this hook and a training loader without
    `persistent_workers` (whose workers live on across epochs and keep their own state), a training that was killed and
    resumed at the end of an epoch reaches the weights of one that was not.
    """

    def before_train(self, runner: Runner) -> None:
        """Let new workers take their seeds from torch; mmengine's own function gives them the same ones each epoch."""
        runner.train_dataloader.worker_init_fn = seed_worker

    def before_train_epoch(self, runner: Runner) -> None:
        """Seed `random`, NumPy and torch (all devices)."""
        words = np.random.SeedSequence([runner.seed, runner.epoch, get_rank()]).generate_state(1)
        seed = int(words[0])
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002  transforms draw from the global state
        torch.manual_seed(seed)
