"""kill -9 at any moment of preparing, enhancing and training: the next run gives what an unbroken one gives."""

import multiprocessing.process
import os
import shutil
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from types import FrameType

import numpy as np
import pytest
import torch

from data.claim import LOCK, claimed
from data.errors import UserError
from tests.test_tools.forked_commands import COMMANDS, arguments, call, content, finish, start, write_images
from training.checkpoints import newest_checkpoint, read_checkpoint

KILLS = 26
"""Of each command, at random moments of the time that an unbroken run takes."""


@pytest.fixture(scope="module")
def src(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("kills") / "src")


def hold(folder: str) -> None:
    with claimed(folder):
        time.sleep(60)


def wait_for(dst: Path, process: multiprocessing.process.BaseProcess) -> float:
    """Wait until a command has begun to write; the time then."""
    while not dst.exists() and process.exitcode is None:
        time.sleep(0.001)
    return time.perf_counter()


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_any_moment(name: str, src: Path, tmp_path: Path) -> None:
    dst = tmp_path / "dst"
    argv = arguments(name, src, dst)
    for _ in range(2):  # the first one loads what is not loaded yet
        shutil.rmtree(dst, ignore_errors=True)
        begin = wait_for(dst, process := start(call, name, argv))
        assert finish(process) == 0
    duration, unbroken = time.perf_counter() - begin, content(dst)
    assert len(unbroken) > 20
    broken, rng = 0, np.random.default_rng(0)
    for _ in range(6 * KILLS):
        shutil.rmtree(dst)
        wait_for(dst, process := start(call, name, argv))
        time.sleep(rng.uniform(0, 1) * duration)
        process.kill()
        in_time = finish(process) == -signal.SIGKILL
        broken += in_time
        duration *= 1 if in_time else 0.9
        for file, found in content(dst).items():
            if not Path(file).name.startswith(".") and not file.endswith("manifest.json"):
                assert found == unbroken[file], f"half a {file}"
        assert finish(start(call, name, argv)) == 0
        assert content(dst) == unbroken
        if broken == KILLS:
            return
    pytest.fail(f"only {broken} runs were killed in time")


TRAINING = """
custom_imports = dict(imports=["tests.test_training.test_resume", "training.register"])
model = dict(type="NoisyMean")
train_dataloader = dict(
    batch_size=1,
    num_workers=0,
    sampler=dict(type="DefaultSampler", shuffle=True),
    collate_fn=dict(type="default_collate"),
    dataset=dict(type="NoisyPoints"),
)
train_cfg = dict(by_epoch=True, max_epochs=120)
optim_wrapper = dict(optimizer=dict(type="Adam", lr=0.1))
default_hooks = dict(
    checkpoint=dict(type="CheckpointHook", interval=1, max_keep_ckpts=2, backend_args=dict(backend="AtomicBackend")),
    epoch_seed=dict(type="EpochSeedHook"),
)
randomness = dict(seed=0)
"""


def outcome(work: Path) -> tuple[dict[str, torch.Tensor], list[torch.Tensor]]:
    """The weights and the optimizer's state of the last epoch."""
    last = read_checkpoint(work / "epoch_120.pth")
    return last["state_dict"], [value for state in last["optimizer"]["state"].values() for value in state.values()]


@pytest.mark.slow
def test_a_training_killed_at_any_moment(tmp_path: Path) -> None:
    (tmp_path / "noisy.py").write_text(TRAINING)

    def train(name: str) -> multiprocessing.process.BaseProcess:
        return start(call, "train", [str(tmp_path / "noisy.py"), "--work-dir", str(tmp_path / name), "--resume"])

    def epochs() -> int:
        newest = newest_checkpoint(tmp_path / "broken")
        return int(newest.stem.split("_")[1]) if newest else 0

    assert finish(train("unbroken")) == 0
    rng, killed = np.random.default_rng(0), []
    for epoch in range(1, 109, 18):
        process = train("broken")
        while epochs() < epoch:
            assert process.exitcode is None
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.03))
        process.kill()
        assert finish(process) == -signal.SIGKILL
        killed.append(epochs())
    assert len(set(killed)) == 6 and max(killed) < 120
    assert finish(train("broken")) == 0
    torch.testing.assert_close(outcome(tmp_path / "broken"), outcome(tmp_path / "unbroken"), rtol=0, atol=0)
    assert not list((tmp_path / "broken").rglob(".*.pth")), "a half-written checkpoint was left"


def train_and_die(calls: int, argv: list[str]) -> None:
    """Train, and be killed at so many calls of functions after the training began to drop what is not needed."""
    counted = 0

    def watch(frame: FrameType, event: str, argument: object) -> None:
        nonlocal counted
        counted += counted > 0 or frame.f_code.co_name == "keep_weights"
        if counted == calls:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)
    call("train", argv)


@pytest.mark.slow
def test_a_training_killed_while_it_drops_its_checkpoints(tmp_path: Path) -> None:
    (tmp_path / "noisy.py").write_text(TRAINING.replace("max_epochs=120", "max_epochs=3"))

    def argv(name: str) -> list[str]:
        return [str(tmp_path / "noisy.py"), "--work-dir", str(tmp_path / name), "--resume", "--weights-only"]

    assert finish(start(call, "train", argv("unbroken"))) == 0
    unbroken = read_checkpoint(tmp_path / "unbroken/epoch_3.pth")
    for calls in (1, 30, 100, 200, 400, 800):
        work = tmp_path / f"broken_{calls}"
        assert finish(start(train_and_die, calls, argv(work.name))) == -signal.SIGKILL
        assert finish(start(call, "train", argv(work.name))) == 0
        assert [file.name for file in work.rglob("*.pth")] == ["epoch_3.pth"]
        resumed = read_checkpoint(work / "epoch_3.pth")
        torch.testing.assert_close(resumed["state_dict"], unbroken["state_dict"], rtol=0, atol=0)


@pytest.mark.parametrize("name", COMMANDS)
def test_two_runs_at_once(name: str, src: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one says so, and the folder is left to the first."""
    monkeypatch.setattr(claimed.__wrapped__, "__defaults__", (0.2,))  # seconds of patience
    dst = tmp_path / "dst"
    argv = arguments(name, src, dst)
    first = start(hold, str(dst))
    while not (dst / LOCK).exists():
        time.sleep(0.01)
    time.sleep(0.2)
    with pytest.raises(UserError, match="another run writes to .*dst: wait for its end, or give another folder"):
        import_module(f"tools.{name}").main(argv)
    assert list(content(dst)) == [LOCK]
    first.kill()
    first.join()
    import_module(f"tools.{name}").main(argv)
    assert len(content(dst)) > 20
