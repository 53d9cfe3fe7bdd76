"""A training that was killed anywhere and resumed ends as an unbroken one: weights, best epoch, early stop."""

import random
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapperDict, build_optim_wrapper
from mmengine.registry import DATASETS, HOOKS, METRICS, MODELS, OPTIM_WRAPPER_CONSTRUCTORS
from mmengine.runner import Runner
from torch.utils.data import Dataset

from training.checkpoints import newest_checkpoint
from training.resume import EpochSeedHook


@DATASETS.register_module(force=True)
class NoisyPoints(Dataset):
    metainfo: dict = {}

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> dict:
        noise = [random.random(), np.random.random(), torch.rand(()).item()]  # noqa: NPY002
        return {"inputs": torch.tensor([index, *noise])}


@MODELS.register_module(force=True)
class NoisyMean(BaseModel):
    """Its weight goes toward the mean of its noisy inputs; `seen` has all that it was shown."""

    seen: list[list[float]] = []

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(4))

    def forward(self, inputs: torch.Tensor, mode: str) -> dict:
        self.seen.extend(inputs.tolist())
        return {"loss": (self.weight - inputs * torch.rand(())).square().mean()}


def config(folder: Path, epochs: int, num_workers: int = 0, seed: int = 0, **more) -> Config:
    found = newest_checkpoint(folder)
    return Config(
        dict(
            model=dict(type="NoisyMean"),
            work_dir=str(folder),
            experiment_name=uuid.uuid4().hex,
            train_dataloader=dict(
                batch_size=4,
                num_workers=num_workers,
                sampler=dict(type="DefaultSampler", shuffle=True),
                collate_fn=dict(type="default_collate"),
                dataset=dict(type="NoisyPoints"),
            ),
            train_cfg=dict(by_epoch=True, max_epochs=epochs),
            optim_wrapper=dict(optimizer=dict(type="Adam", lr=0.1)),
            default_hooks=dict(epoch_seed=dict(type="EpochSeedHook")),
            randomness=dict(seed=seed),
            resume=True,
            load_from=found and str(found),
            **more,
        )
    )


def trained(folder: Path, epochs: int, num_workers: int, seed: int = 0) -> torch.Tensor:
    runner = Runner.from_cfg(config(folder, epochs, num_workers, seed))
    runner.train()
    return runner.model.weight.detach().clone()


@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_resumed_training_reaches_the_same_weights(num_workers, tmp_path):
    unbroken = trained(tmp_path / "a", 3, num_workers)
    trained(tmp_path / "b", 1, num_workers)
    random.seed(5)
    np.random.seed(6)  # noqa: NPY002
    torch.manual_seed(7)
    assert torch.equal(trained(tmp_path / "b", 3, num_workers), unbroken)
    assert not torch.equal(trained(tmp_path / "c", 3, num_workers, seed=1), unbroken)


@MODELS.register_module(force=True)
class TwoMeans(NoisyMean):
    """The same with two optimizers, as a GAN has them."""

    def train_step(self, data: dict, optim_wrapper: OptimWrapperDict) -> dict:
        wrapper = optim_wrapper["generator"]
        with wrapper.optim_context(self):
            loss = self(**data, mode="loss")["loss"]
        wrapper.update_params(loss)
        self.weights = [*getattr(self, "weights", []), self.weight.detach().clone()]
        return {"loss": loss.detach()}


@OPTIM_WRAPPER_CONSTRUCTORS.register_module(force=True)
class TwoWrappers:
    def __init__(self, optim_wrapper_cfg: dict, paramwise_cfg: dict | None = None) -> None:
        self.config = {"type": "OptimWrapper", **optim_wrapper_cfg}

    def __call__(self, model: BaseModel) -> OptimWrapperDict:
        return OptimWrapperDict(generator=build_optim_wrapper(model, self.config))


def accumulated(folder: Path, epochs: int) -> BaseModel:
    settings = config(folder, epochs)
    settings.model.type = "TwoMeans"
    settings.train_dataloader.batch_size = 3  # three iterations per epoch
    settings.default_hooks.accumulation = dict(type="EpochAccumulationHook")
    settings.optim_wrapper.update(constructor="TwoWrappers", accumulative_counts=2)
    runner = Runner.from_cfg(settings)
    runner.train()
    return runner.model


def test_gathered_gradients_do_not_outlive_an_epoch(tmp_path):
    unbroken = accumulated(tmp_path / "a", 3)
    moved = [not torch.equal(a, b) for a, b in zip([torch.zeros(4), *unbroken.weights], unbroken.weights, strict=False)]
    assert moved == [False, True, True] * 3  # the third iteration is stepped alone
    accumulated(tmp_path / "b", 1)
    assert torch.equal(accumulated(tmp_path / "b", 3).weight, unbroken.weight)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_every_epoch_and_every_worker_has_its_own_noise(num_workers, tmp_path):
    NoisyMean.seen = []
    trained(tmp_path, 3, num_workers)
    noise = np.array(NoisyMean.seen)
    assert noise.shape == (24, 4)
    for column in (1, 2, 3):
        assert len(np.unique(noise[:, column])) == 24


def test_processes_draw_apart(monkeypatch):
    drawn = []
    for rank in (0, 1):
        monkeypatch.setattr("training.resume.get_rank", lambda rank=rank: rank)
        EpochSeedHook().before_train_epoch(SimpleNamespace(seed=0, epoch=3))
        drawn.append((random.random(), np.random.random(), torch.rand(()).item()))  # noqa: NPY002
    assert all(a != b for a, b in zip(*drawn, strict=True))


SCORES = [0.1, 0.5, 0.4, 0.7, 0.6, 0.65, 0.7, 0.8, 0.9]
"""Of the epochs: the best before three without progress is the fourth, and the seventh is the last."""


@METRICS.register_module(force=True)
class Scripted(BaseMetric):
    """The score of `SCORES` for the epoch that the weights are of."""

    epoch = 0

    def process(self, data_batch: Any, data_samples: Any) -> None:
        self.results.append(0)

    def compute_metrics(self, results: list) -> dict[str, float]:
        return {"score": SCORES[Scripted.epoch - 1]}


class Killed(Exception):
    """Stands for SIGKILL: what was going on ends here."""


@HOOKS.register_module(force=True)
class KillHook(Hook):
    """Kill at one point of one epoch; tell the metric which epoch is validated."""

    priority = "VERY_HIGH"
    at: tuple[str, int] | None = None

    def _at(self, runner: Runner, point: str, epoch: int) -> None:
        if KillHook.at == (point, epoch):
            KillHook.at = None
            raise Killed

    def before_train_epoch(self, runner: Runner) -> None:
        self._at(runner, "train", runner.epoch + 1)

    def before_val_epoch(self, runner: Runner) -> None:
        Scripted.epoch = runner.epoch
        self._at(runner, "validation", runner.epoch)

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        self._at(runner, "scored", runner.epoch)


def selected(folder: Path) -> tuple[list[str], bytes]:
    """Train until the early stop, again after each kill; the best files, and the weights of the last epoch."""
    samples = dict(
        batch_size=4,
        sampler=dict(type="DefaultSampler", shuffle=False),
        dataset=dict(type="NoisyPoints"),
        num_workers=0,
    )
    checkpoint = dict(
        type="CheckpointHook",
        interval=1,
        max_keep_ckpts=2,
        save_best="score",
        rule="greater",
        backend_args=dict(backend="AtomicBackend"),
    )
    stopping = dict(type="ResumableEarlyStoppingHook", monitor="score", rule="greater", patience=3, min_delta=1e-3)
    for _ in range(3):
        cfg = config(
            folder,
            len(SCORES),
            val_dataloader=samples,
            val_cfg={},
            val_evaluator=dict(type="Scripted"),
            custom_hooks=[stopping, dict(type="KillHook")],
        )
        cfg.default_hooks.update(checkpoint=checkpoint, resumed_validation=dict(type="ResumedValidationHook"))
        try:
            runner = Runner.from_cfg(cfg)
            runner.train()
        except Killed:
            continue
        return sorted(file.name for file in folder.glob("best_*")), runner.model.weight.detach().numpy().tobytes()
    raise AssertionError("never finished")


def test_a_kill_at_any_point_changes_neither_the_best_epoch_nor_the_early_stop(tmp_path, monkeypatch):
    monkeypatch.setattr(NoisyMean, "val_step", lambda self, data: [0])
    unbroken = selected(tmp_path / "unbroken")
    assert unbroken[0] == ["best_score_epoch_4.pth"]
    assert newest_checkpoint(tmp_path / "unbroken").name == "epoch_7.pth"
    for epoch in (2, 4, 5, 7):
        for point in ("train", "validation", "scored"):
            KillHook.at = (point, epoch)
            folder = tmp_path / f"{point}{epoch}"
            assert selected(folder) == unbroken
            assert KillHook.at is None
            assert newest_checkpoint(folder).name == "epoch_7.pth"


def test_a_finished_training_stays_finished(tmp_path, monkeypatch):
    monkeypatch.setattr(NoisyMean, "val_step", lambda self, data: [0])
    once = selected(tmp_path)
    assert selected(tmp_path) == once
    assert newest_checkpoint(tmp_path).name == "epoch_7.pth"


def test_a_kill_while_a_checkpoint_is_written_leaves_the_one_before(tmp_path, monkeypatch):
    unbroken = trained(tmp_path / "a", 3, 0)
    write = Path.write_bytes

    def cut(path: Path, content: bytes) -> None:
        write(path, content[: len(content) // 2])
        raise Killed

    hooks = dict(checkpoint=dict(type="CheckpointHook", max_keep_ckpts=2, backend_args=dict(backend="AtomicBackend")))
    cfg = config(tmp_path / "b", 2)
    cfg.default_hooks.update(hooks)
    Runner.from_cfg(cfg).train()
    cfg = config(tmp_path / "b", 3)
    cfg.default_hooks.update(hooks)
    monkeypatch.setattr(Path, "write_bytes", cut)
    with pytest.raises(Killed):
        Runner.from_cfg(cfg).train()
    monkeypatch.undo()
    assert newest_checkpoint(tmp_path / "b").name == "epoch_2.pth"
    assert torch.equal(trained(tmp_path / "b", 3, 0), unbroken)
