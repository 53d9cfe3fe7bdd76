"""The log says the same as with mmengine's endless buffers, which are as short as it reads them."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.hooks import IterTimerHook, LoggerHook
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.registry import HOOKS
from mmengine.runner import LogProcessor, Runner

from tests.test_training.test_resume import NoisyMean, Scripted, config
from training.checkpoints import read_checkpoint
from training.log_history import LogHistoryHook, log_often_enough, values_read

WINDOWS = [dict(data_src="loss", log_name=f"loss_{w}", method_name="mean", window_size=w) for w in ("epoch", "global")]


@HOOKS.register_module(force=True)
class FixedTimes(IterTimerHook):
    """Times that depend on the number of the iteration alone, so that two logs can be equal."""

    def _before_iter(self, runner: Runner, batch_idx: int, data_batch=None, mode: str = "train") -> None:
        runner.message_hub.update_scalar(f"{mode}/data_time", 0.01 * (runner.iter + batch_idx))

    def _after_iter(self, runner: Runner, batch_idx: int, data_batch=None, outputs=None, mode: str = "train") -> None:
        runner.message_hub.update_scalar(f"{mode}/time", 0.1 * (runner.iter + batch_idx))


def logged(folder: Path, hooks: list[dict], epochs: int = 9, custom: tuple[dict, ...] = ()) -> list[str]:
    """Train with a window of 5 iterations, 8 an epoch, and as many to validate; all lines of the folder's logs."""
    samples = dict(
        batch_size=1,
        num_workers=0,
        sampler=dict(type="DefaultSampler", shuffle=False),
        dataset=dict(type="NoisyPoints"),
    )
    cfg = config(
        folder,
        epochs,
        val_dataloader=samples,
        val_cfg={},
        val_evaluator=dict(type="Scripted"),
        custom_hooks=hooks,
        log_processor=dict(window_size=5, custom_cfg=list(custom)),
    )
    cfg.train_dataloader.batch_size = 1
    cfg.default_hooks.update(timer=dict(type="FixedTimes"), logger=dict(type="LoggerHook", interval=3))
    Runner.from_cfg(cfg).train()
    return [line for file in sorted(folder.glob("*/vis_data/scalars.json")) for line in file.read_text().splitlines()]


@pytest.fixture(autouse=True)
def _validates(monkeypatch):
    monkeypatch.setattr(NoisyMean, "val_step", lambda self, data: [0])
    monkeypatch.setattr(Scripted, "epoch", 1)


def lengths(checkpoint: Path) -> dict[str, int]:
    return {
        name: len(history.data[0])
        for name, history in read_checkpoint(checkpoint)["message_hub"]["log_scalars"].items()
    }


@pytest.mark.parametrize("custom", [(), WINDOWS[:1], WINDOWS])
def test_the_log_is_the_same_and_the_buffers_are_as_short_as_it_reads_them(custom, tmp_path):
    endless = logged(tmp_path / "endless", [], custom=custom)
    short = logged(tmp_path / "short", [dict(type="LogHistoryHook")], custom=custom)
    assert short == endless and len(short) == 9 * 2 + 9
    assert all(("loss_global" in json.loads(line)) == (len(custom) == 2) for line in short if "loss" in line)
    loss = {0: 5, 1: 9, 2: 72}[len(custom)]
    found = lengths(tmp_path / "short/epoch_9.pth")
    assert found["train/loss"] == loss and found["train/lr"] == found["train/time"] == 5
    assert found["val/time"] == 9 and found["val/score"] == 5
    assert lengths(tmp_path / "endless/epoch_9.pth")["train/lr"] == 72


def test_a_long_buffer_of_an_old_checkpoint_goes_on_short(tmp_path):
    logged(tmp_path, [], epochs=3)
    file = tmp_path / "epoch_3.pth"
    checkpoint = dict(read_checkpoint(file))
    values = np.arange(10_000.0)
    checkpoint["message_hub"]["log_scalars"]["train/loss"] = HistoryBuffer(values, np.ones_like(values))
    torch.save(checkpoint, file)
    assert lengths(file)["train/loss"] == 10_000
    lines = logged(tmp_path, [dict(type="LogHistoryHook")], epochs=4)
    assert lengths(tmp_path / "epoch_4.pth")["train/loss"] == 5
    (first,) = (log["loss"] for log in map(json.loads, lines) if log["step"] == 27 and "loss" in log)
    assert 3999 < first < 4002  # of the newest two old values, 9,998 and 9,999, and three small ones


def test_a_number_of_neither_training_nor_validation_is_left_alone():
    hub = MessageHub.get_instance("log_history")
    loop = SimpleNamespace(dataloader=range(7))
    runner = SimpleNamespace(train_loop=loop, val_loop=None, log_processor=LogProcessor(5), message_hub=hub)
    assert [values_read(runner, name) for name in ("train/loss", "val/loss", "loss")] == [5, None, None]
    for name in ("train/loss", "loss"):
        hub.update_scalar(name, 1.0)
    LogHistoryHook().before_train(runner)
    assert [history.max_length for history in hub.log_scalars.values()] == [5, 1_000_000]


@pytest.mark.parametrize(("batches", "every"), [(1, 1), (12, 2), (250, 50), (10_000, 50)])
def test_an_epoch_has_at_least_five_lines(batches, every):
    hooks = [LoggerHook(interval=50), IterTimerHook()]
    log_often_enough(SimpleNamespace(hooks=hooks), range(batches))
    assert hooks[0].interval == every
