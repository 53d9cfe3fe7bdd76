"""Color pictures as they are, for training and validating a colorizer."""

from pathlib import Path

import numpy as np
import torch
from mmengine.registry import DATASETS
from torch import Tensor
from torch.utils.data import Dataset

from data.coco_file.read import load_coco
from data.errors import UserError
from data.images.find import find_images
from data.images.image_io import read_color
from data.images.resize import resize


@DATASETS.register_module()
class ColorImageDataset(Dataset):
    """Square color pictures for training and validating a colorizer.

    Args:
        data_root: folder that the file names are relative to.
        ann_file: COCO JSON relative to `data_root`; None takes every image below it.
        image_size: side S in pixels.
        augment: a random square of 60-100 % of the shorter side and a random horizontal flip, instead of the largest
            centered square. Draws from torch's random state, so it follows the loader's seed, worker and epoch.
        max_images: take only so many, evenly spaced; all if None.

    Items: `dict(inputs=uint8 RGB (3, S, S))`.

    Raises:
        UserError: no images.
    """

    def __init__(
        self,
        data_root: str,
        ann_file: str | None = None,
        image_size: int = 256,
        augment: bool = False,
        max_images: int | None = None,
    ) -> None:
        self.data_root = Path(data_root)
        if ann_file is None:
            self.files = find_images(self.data_root)
        else:
            self.files = [Path(image["file_name"]) for image in load_coco(self.data_root / ann_file)["images"]]
        if not self.files:
            raise UserError(f"{self.data_root}: no images; give the folder that holds the color images")
        if max_images is not None and max_images < len(self.files):
            self.files = [self.files[index * len(self.files) // max_images] for index in range(max_images)]
        self.image_size = image_size
        self.augment = augment
        self.metainfo: dict = {}

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        image = read_color(self.data_root / self.files[index])
        height, width = image.shape[:2]
        side, top, left, flip = min(height, width), 0.5, 0.5, False
        if self.augment:
            scale, top, left, coin = torch.rand(4).tolist()
            side, flip = max(1, round(side * (0.6 + 0.4 * scale))), coin < 0.5
        y, x = round((height - side) * top), round((width - side) * left)
        square = resize(image[y : y + side, x : x + side], self.image_size, self.image_size)
        if flip:
            square = square[:, ::-1]
        return {"inputs": torch.from_numpy(np.ascontiguousarray(square.transpose(2, 0, 1)))}
