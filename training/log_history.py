"""What a training logs is remembered for as long as the log looks back on it, and short ones log too."""

from typing import Any

from mmengine.hooks import Hook, LoggerHook
from mmengine.registry import HOOKS
from mmengine.runner import LogProcessor, Runner
from torch.utils.data import DataLoader

LINES = 5
"""In the log of an epoch, at the least."""


def log_often_enough(runner: Runner, loader: DataLoader) -> None:
    """Let short epochs log too, so that nobody thinks that a training or a test hangs; never less than before.

    mmengine's habit of a line every 50 iterations is none at all for 300 images in batches of 8.
    """
    for hook in runner.hooks:
        if isinstance(hook, LoggerHook):
            hook.interval = min(hook.interval, max(1, len(loader) // LINES))


@HOOKS.register_module()
class LogHistoryHook(Hook):
    """Keep of every logged number only the newest values that the log processor reads.

    mmengine keeps a million values of each, copies all of them when one comes (3.6 ms an iteration after 420,000
    iterations with nine numbers, where it is 0.03 ms at the start), and writes them into every checkpoint (75 MB then).
    What is logged stays the same to the bit. A hook that reads `message_hub.log_scalars` finds fewer values.
    """

    _seen = 0

    def before_train(self, runner: Runner) -> None:
        """Shorten what a resumed checkpoint brought along, from its next value on."""
        self._seen = 0
        self._limit(runner)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Limit the numbers that are new."""
        self._limit(runner)

    def _limit(self, runner: Runner) -> None:
        scalars = runner.message_hub.log_scalars
        if len(scalars) == self._seen:
            return
        for name, history in scalars.items():
            length = values_read(runner, name)
            if length is not None:
                history.max_length = length
        self._seen = len(scalars)


def values_read(runner: Runner, name: str) -> int | None:
    """How many of the newest values of a logged number, such as "train/loss", the log reads at most; None: all."""
    processor: LogProcessor = runner.log_processor
    mode, _, bare = name.partition("/")
    loop = {"train": runner.train_loop, "val": runner.val_loop}.get(mode)
    if loop is None:
        return None
    windows = [item.get("window_size") for item in processor.custom_cfg if item["data_src"] in (name, bare)]
    windows += ["epoch"] if mode == "val" and bare in ("time", "data_time") else []
    length = len(loop.dataloader) + 1  # at the end of a validation mmengine takes one more for an epoch
    lengths = [length if window == "epoch" else window for window in windows]
    return None if None in lengths or "global" in lengths else max(processor.window_size, *lengths, 1)
