"""What is common to all ways of running a bundle; PyTorch is not among it."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import UserError
from data.images.image_io import read_grayscale
from detect.bundle.files import CALIBRATION, OPERATING_POINTS, check_index
from detect.prediction.boxes import Prediction


class BundlePredictor(ABC):
    """The enhancer and the detector of a bundle.

    Args:
        folder: of its files, needed while it is built.
        index: content of its `bundle.json`.
        bundle: what errors name.

    Attributes:
        label_names: what the labels stand for.
        froc, calibration: of its validation images; see `detect.bundle`.

    Raises:
        UserError: the index says too little, see `detect.bundle.files.check_index`.
    """

    def __init__(self, folder: Path, index: Mapping[str, Any], bundle: str | Path) -> None:
        check_index(index, bundle)
        self.index = index
        self.froc: dict[str, Any] = json.loads((folder / OPERATING_POINTS).read_text(encoding="utf-8"))
        self.calibration: dict[str, Any] = json.loads((folder / CALIBRATION).read_text(encoding="utf-8"))
        self.label_names: list[str] = index["label_names"]

    def __call__(self, image: str | Path | NDArray[np.uint8]) -> Prediction:
        """Enhance one image and find its lesions.

        Args:
            image: a file (PNG, JPEG, TIFF, DICOM), or gray (H, W) uint8.

        Raises:
            ImageReadError: the file cannot be read.
            UserError: the array is of another kind.
        """
        gray = image if isinstance(image, np.ndarray) else read_grayscale(image)
        if gray.ndim != 2 or gray.dtype != np.uint8:
            raise UserError(f"an image is gray (H, W) uint8, not {gray.dtype} of shape {gray.shape}")
        (prediction,) = self.predict([gray])
        return replace(prediction, attention=self.attention(gray))

    @abstractmethod
    def predict(self, images: Sequence[NDArray[np.uint8]]) -> list[Prediction]:
        """Enhance gray images (H, W) uint8 and find their lesions; without attention maps, which take time."""

    @abstractmethod
    def attention(self, image: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """The normalized map (H, W) of a gray image (H, W) uint8; None where the enhancer has no attention."""
