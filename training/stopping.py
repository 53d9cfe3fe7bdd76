"""A training that a scheduler stops (SIGTERM) within an epoch, and that goes on with the next batch."""

import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from mmengine.dist import all_gather_object, all_reduce, get_rank, get_world_size
from mmengine.optim import OptimWrapperDict
from mmengine.registry import LOOPS
from mmengine.runner import EpochBasedTrainLoop, Runner

from data.errors import Terminated, UserError
from training.checkpoints import STOPPED

KEY = "stopped"
"""Under which a checkpoint of the middle of an epoch has the number of trained batches and the generators' states."""


def batches_done(runner: Runner) -> int:
    """How many batches of its epoch a training had done when it was stopped; 0 once the rest is under way."""
    state = runner.message_hub.runtime_info.get(KEY)
    return state["batches"] if state else 0


class _Shielded:
    """What a loader's worker does first: nothing at SIGTERM, and what it did before."""

    def __init__(self, then: Callable[[int], object] | None) -> None:
        self.then = then

    def __call__(self, worker: int) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if self.then is not None:
            self.then(worker)


@LOOPS.register_module()
class StoppableEpochLoop(EpochBasedTrainLoop):
    """mmengine's loop over epochs, which SIGTERM ends after the iteration, with a checkpoint.

    The iteration is the next one that ends with a step of all optimizers, since a checkpoint holds no gradients.
    Resumed from that checkpoint, the loop loads the batches of the epoch that were trained before, leaves them out, and
    goes on to the same weights as a training that was not stopped (with `training.resume.EpochSeedHook`).

    Raises:
        Terminated: SIGTERM came. In a validation it ends at once: the epoch's checkpoint is there, if one is written
            every epoch.
        UserError: the checkpoint is of an epoch with another number of batches or processes.
    """

    _asked = _in_epoch = False

    def run(self) -> torch.nn.Module:
        """Train, with a SIGTERM handler of its own."""
        if self.runner.message_hub.runtime_info.get(KEY) is None:
            self._remove_checkpoint()  # of another training, or of a time after the checkpoint that this one began with
        before = signal.signal(signal.SIGTERM, self._ask)
        try:
            return super().run()
        finally:
            signal.signal(signal.SIGTERM, before)

    def run_epoch(self) -> None:
        """Train one epoch, or what is left of it."""
        done = batches_done(self.runner)
        if done:
            self._check_same_run()
        self._in_epoch = True
        self.runner.call_hook("before_train_epoch")
        self.runner.model.train()
        self._shield_workers()
        for index, batch in enumerate(self.dataloader):
            if index >= done:
                self.run_iter(index, batch)
                if self._has_to_stop():
                    self._stop(index + 1)
            elif index == done - 1:
                self._restore()
        self.runner.call_hook("after_train_epoch")
        self._epoch += 1
        if Path(self.runner.work_dir, f"epoch_{self._epoch}.pth").is_file():
            self._remove_checkpoint()
        if self._is_asked():
            self._stop(0)
        self._in_epoch = False

    def _ask(self, *_: object) -> None:
        if not self._in_epoch:
            raise Terminated
        self._asked = True

    def _shield_workers(self) -> None:
        """Let SIGTERM to the whole process group leave the loader's workers alone: this process ends them."""
        if not isinstance(self.dataloader.worker_init_fn, _Shielded):
            self.dataloader.worker_init_fn = _Shielded(self.dataloader.worker_init_fn)

    def _has_to_stop(self) -> bool:
        """Whether any process was asked to and all optimizers have just made a step."""
        wrappers: Any = self.runner.optim_wrapper
        wrappers = wrappers.values() if isinstance(wrappers, OptimWrapperDict) else [wrappers]
        return all(wrapper.should_update() for wrapper in wrappers) and self._is_asked()

    def _is_asked(self) -> bool:
        """Whether any process was; all processes call this alike."""
        if get_world_size() == 1:
            return self._asked
        asked = torch.tensor(int(self._asked))
        all_reduce(asked, "max")
        return bool(asked)

    def _stop(self, batches: int) -> NoReturn:
        state = dict(batches=batches, length=len(self.dataloader), generators=all_gather_object(_generators()))
        self.runner.message_hub.update_info(KEY, state)
        meta = dict(epoch=self._epoch, iter=self._iter)
        self.runner.save_checkpoint(
            self.runner.work_dir, STOPPED, meta=meta, backend_args=dict(backend="AtomicBackend")
        )
        raise Terminated

    def _check_same_run(self) -> None:
        state = self.runner.message_hub.get_info(KEY)
        before, now = (state["length"], len(state["generators"])), (len(self.dataloader), get_world_size())
        if before != now:
            raise UserError(
                f"{Path(self.runner.work_dir) / STOPPED} was written in an epoch of {before[0]} batches by {before[1]} "
                f"processes, now there are {now[0]} and {now[1]}: go on with the same data, batch size and number of "
                "processes, or delete it to go on from the last whole epoch"
            )

    def _restore(self) -> None:
        _set_generators(self.runner.message_hub.get_info(KEY)["generators"][get_rank()])
        self.runner.message_hub.update_info(KEY, None)

    def _remove_checkpoint(self) -> None:
        if get_rank() == 0:
            (Path(self.runner.work_dir) / STOPPED).unlink(missing_ok=True)


def _generators() -> dict[str, Any]:
    """The states of all generators of random numbers, as a checkpoint may hold them."""
    state: Any = np.random.get_state()  # noqa: NPY002  transforms draw from the global state
    _, words, *rest = state
    version, numbers, gauss = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
        "numpy": [words.tolist(), *rest],
        "random": [version, list(numbers), gauss],
    }


def _set_generators(states: dict[str, Any]) -> None:
    torch.set_rng_state(states["torch"].cpu())
    if states["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"].cpu())
    words, *rest = states["numpy"]
    np.random.set_state(("MT19937", np.array(words, np.uint32), *rest))  # noqa: NPY002
    version, numbers, gauss = states["random"]
    random.setstate((version, tuple(numbers), gauss))
