"""An enhancer that goes on with fewer images at once when the memory of its GPU is out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np

from data.errors import UserError


class WithinMemory:
    """Calls an enhancer with as many images as fit: half as many from each time on that the memory was out."""

    def __init__(self, enhancer: Callable[[list[np.ndarray]], Sequence[np.ndarray]]) -> None:
        self.enhancer = enhancer
        self.most: int | None = None

    def __call__(self, images: list[np.ndarray]) -> list[np.ndarray]:
        """Enhance images; the results are in their order.

        Raises:
            UserError: If a single image is too large.
        """
        results: list[np.ndarray] = []
        while len(results) < len(images):
            part = images[len(results) :][: self.most]
            try:
                results += self.enhancer(part)
            except RuntimeError as error:
                if type(error).__name__ != "OutOfMemoryError":  # PyTorch's; an enhancer may do without PyTorch
                    raise
                self._halve(part, error)
        return results

    def _halve(self, part: list[np.ndarray], error: RuntimeError) -> None:
        if len(part) == 1:
            size = " x ".join(map(str, part[0].shape[::-1]))
            raise UserError(
                f"the memory of the GPU is too small for one image of {size} pixels: prepare the set with smaller "
                "images (tools/prepare_dataset.py --size), or compute with --device cpu"
            ) from error
        import torch

        self.most = len(part) // 2
        torch.cuda.empty_cache()
        logging.getLogger(__name__).warning("the memory of the GPU is out: %d images at once from now on", self.most)
