"""A resumed training draws the random numbers that an unbroken one draws, in its workers too."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, MODELS
from mmengine.runner import Runner
from torch.utils.data import Dataset

import data.epoch_seed  # noqa: F401  the hook registers itself


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


def trained(folder: Path, epochs: int, num_workers: int, seed: int = 0) -> torch.Tensor:
    runner = Runner.from_cfg(
        Config(
            dict(
                model=dict(type="NoisyMean"),
                work_dir=str(folder),
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
            )
        )
    )
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


@pytest.mark.parametrize("num_workers", [0, 2])
def test_every_epoch_and_every_worker_has_its_own_noise(num_workers, tmp_path):
    NoisyMean.seen = []
    trained(tmp_path, 3, num_workers)
    noise = np.array(NoisyMean.seen)
    assert noise.shape == (24, 4)
    for column in (1, 2, 3):
        assert len(np.unique(noise[:, column])) == 24
