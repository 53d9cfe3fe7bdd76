"""Epochs of a chosen length: for data sets so large that one should be validated and saved more often than once."""

from collections.abc import Iterator, Sized

import torch
from mmengine.dataset import DefaultSampler
from mmengine.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class PartialSampler(DefaultSampler):
    """In each epoch the next `num_images` images of a shuffled pass over all, shared out among the processes.

    The order of a pass depends on its number and the seed only; what is left at its end is not used. If there are fewer
    images, an epoch is all of them, shuffled.
    """

    def __init__(self, dataset: Sized, num_images: int, seed: int | None = None) -> None:
        super().__init__(dataset, shuffle=True, seed=seed, round_up=False)
        self.num_samples = min(num_images, len(dataset)) // self.world_size
        self.total_size = self.num_samples * self.world_size

    def __iter__(self) -> Iterator[int]:
        number, part = divmod(self.epoch, len(self.dataset) // self.total_size)
        generator = torch.Generator().manual_seed(self.seed + number)
        order = torch.randperm(len(self.dataset), generator=generator)[part * self.total_size :]
        yield from order[self.rank : self.total_size : self.world_size].tolist()
