"""A training that is killed at any moment and resumed ends as one that was not.

A checkpoint of mmengine holds weights, optimizers and schedules. Here is the rest: random numbers that depend on the
seed and the epoch only, the validation that the kill cut off, and the state of early stopping. That a checkpoint file
is whole or not there is `training.checkpoints`' part.
"""

import random
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_rank
from mmengine.hooks import EarlyStoppingHook, Hook
from mmengine.optim import OptimWrapperDict
from mmengine.registry import HOOKS
from mmengine.runner import EpochBasedTrainLoop, Runner

from training.stopping import batches_done


def seed_worker(worker_id: int) -> None:
    """Seed `random` and NumPy in a loader's worker from torch, whose seed differs by worker and epoch."""
    seed = torch.initial_seed() % 2**32
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  transforms draw from the global state


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Seed all generators before each epoch from the run's seed, the epoch and the process.

    With a training loader without `persistent_workers`, whose workers would live on across epochs with a state of their
    own.
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


@HOOKS.register_module()
class EpochAccumulationHook(Hook):
    """Begin every epoch with no gradients gathered, and step with those that its end leaves over.

    With `accumulative_counts` above 1: a checkpoint holds no gradients, and mmengine counts nothing for several
    optimizers.
    """

    def before_train_epoch(self, runner: Runner) -> None:
        """Count the iterations of this epoch anew."""
        wrappers: Any = runner.optim_wrapper
        for wrapper in wrappers.values() if isinstance(wrappers, OptimWrapperDict) else [wrappers]:
            wrapper.zero_grad()
            wrapper.initialize_count_status(runner.model, batches_done(runner), len(runner.train_dataloader))


@HOOKS.register_module()
class ResumedValidationHook(Hook):
    """Validate a resumed epoch once more before the next one.

    mmengine saves an epoch's checkpoint and then validates it. A kill in between would leave that epoch without a
    score: it could not become the best one. Where it had been validated already, the same score changes nothing.
    """

    priority = "LOWEST"  # after the checkpoint hook knows its folder

    def before_train(self, runner: Runner) -> None:
        """Run the validation where the resumed epoch was due for one."""
        loop = runner.train_loop
        if not isinstance(loop, EpochBasedTrainLoop) or runner.val_loop is None or batches_done(runner):
            return
        due = runner.epoch % loop.val_interval == 0 or runner.epoch == loop.max_epochs
        if runner.epoch > 0 and runner.epoch >= loop.val_begin and due:
            runner.val_loop.run()


@HOOKS.register_module()
class ResumableEarlyStoppingHook(EarlyStoppingHook):
    """mmengine's early stopping, whose count of epochs without progress survives a kill.

    A checkpoint is written before its epoch is validated, so the count in it is that of the epoch before. After a kill
    `ResumedValidationHook` validates the epoch once more, and the count catches up.
    """

    priority = "VERY_LOW"  # before the repeated validation; after the checkpoint hook, which is registered first
    KEY = "early_stopping"

    def before_train(self, runner: Runner) -> None:
        """Take up the state of a resumed run."""
        if self.KEY in runner.message_hub.runtime_info:
            self.wait_count, self.best_score = runner.message_hub.get_info(self.KEY)

    def after_val_epoch(self, runner: Runner, metrics: dict[str, Any]) -> None:
        """Decide as mmengine does and remember the state."""
        super().after_val_epoch(runner, metrics)
        runner.message_hub.update_info(self.KEY, (self.wait_count, self.best_score))
