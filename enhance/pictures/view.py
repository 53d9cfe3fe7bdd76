"""What is drawn of one image: its gray levels, its lesions, and where each method looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from enhance.attention.base import up_sample
from enhance.evaluation.measures.roi import Box

LONGEST_SIDE = 512
"""Pixels of a panel; more are not seen."""


@dataclass(frozen=True)
class View:
    """One image with its maps.

    Attributes:
        name: Of the file.
        image: (h, w) uint8; a large one is shrunk to `LONGEST_SIDE`.
        size: (height, width) of the image in pixels; the boxes are in these.
        label: The class that the maps are for.
        probability: Of that class.
        maps: Name of the method to its raw map, 2-D float, in the cells of the feature maps or finer.
        boxes: Lesions, (x, y, width, height).
    """

    name: str
    image: np.ndarray
    size: tuple[int, int]
    label: str
    probability: float
    maps: Mapping[str, np.ndarray]
    boxes: Sequence[Box] = ()

    @property
    def caption(self) -> str:
        """Name, class and probability, one per line."""
        return f"{self.name}\nclass {self.label}\nprobability {self.probability:.2f}"


def fitted(attention: np.ndarray, image: np.ndarray) -> np.ndarray:
    """A map (h, w) up-sampled to the shape of the image (H, W), as the methods do."""
    tensor = torch.from_numpy(np.asarray(attention, np.float32))
    return up_sample(tensor[None], (image.shape[0], image.shape[1]))[0].numpy()
