"""Gray images with image-level labels, for training and validating the attention classifier."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.registry import DATASETS
from torch.utils.data import Dataset

from data.balance import balanced_indices
from data.coco_file.read import load_coco
from data.errors import MissingFileError, UserError
from data.images.image_io import read_grayscale
from data.images.resize import resize
from data.uncertain_labels import apply_policy


@DATASETS.register_module()
class ImageLabelDataset(Dataset):
    """A prepared image-label data set (COCO JSON with "label_names" and `images[i]["labels"]`).

    Args:
        data_root: folder that the file names are relative to.
        ann_file: COCO JSON relative to `data_root`.
        image_size: side S; images are squeezed to (S, S), with antialiasing.
        label_names: subset and order of labels; None takes the file's.
        policy: for uncertain labels, one for all or one for each label by name; see `data.uncertain_labels`.
        blank: "ignore" or "zeros", for labels that are not mentioned, likewise.
        predictions: for the policy "self_trained": probabilities (N, L) in the order of the file's images and of
            `label_names`, or a .npy file of them.
        augment: True, or options of `augment_gray`, for training.
        seed: for augmenting and smoothed labels, together with torch's random state, which the loader sets for each
            worker and epoch.
        balance: keep as many images of each class as the smallest has, chosen with `seed`; see `data.balance`.

    Items: `dict(inputs=uint8 (1, S, S), labels=float32 (L,), mask=float32 (L,), index=int)`; mask is 0 where the loss
    of a label does not count, index is the place of the image in the file, from 0.

    Raises:
        MissingFileError: no such `ann_file` or file of `predictions`.
        UserError: no label names in the file, an unknown label name, predictions of another shape, `balance` for a set
            that is not of one class per image.
    """

    def __init__(
        self,
        data_root: str,
        ann_file: str,
        image_size: int,
        label_names: Sequence[str] | None = None,
        policy: str | Mapping[str, str] = "ignore",
        blank: str | Mapping[str, str] = "ignore",
        predictions: np.ndarray | str | os.PathLike[str] | None = None,
        augment: bool | Mapping[str, float] = False,
        seed: int = 0,
        balance: bool = False,
    ) -> None:
        self.data_root = Path(data_root)
        path = self.data_root / ann_file
        coco = load_coco(path)
        self.label_names, self.labels = _read_labels(path, coco, label_names)
        self.files = [image["file_name"] for image in coco["images"]]
        self.places = np.arange(len(self.files))
        self.metainfo = {"label_names": self.label_names}
        self.image_size, self.seed = image_size, seed
        self.policy, self.blank = policy, blank
        self.predictions = _read_predictions(predictions, self.labels.shape)
        self.augment: Mapping[str, float] | None = {} if augment is True else (augment or None)
        if balance:
            self._keep(balanced_indices(self.labels, seed))

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> dict[str, Any]:
        rng = np.random.default_rng([self.seed, index, int(torch.randint(2**31, ()))])
        image = resize(read_grayscale(self.data_root / self.files[index]), self.image_size, self.image_size)
        if self.augment is not None:
            image = augment_gray(image, rng, **self.augment)
        prediction = None if self.predictions is None else self.predictions[index]
        targets, mask = apply_policy(self.labels[index], self.label_names, self.policy, rng, self.blank, prediction)
        return {
            "inputs": torch.from_numpy(np.ascontiguousarray(image[None])),
            "labels": torch.from_numpy(targets),
            "mask": torch.from_numpy(mask),
            "index": int(self.places[index]),
        }

    def _keep(self, indices: np.ndarray) -> None:
        self.files, self.labels = [self.files[index] for index in indices], self.labels[indices]
        self.places = self.places[indices]
        if self.predictions is not None:
            self.predictions = self.predictions[indices]


def augment_gray(
    image: np.ndarray,
    rng: np.random.Generator,
    degrees: float = 10.0,
    shift: float = 0.05,
    scale: float = 0.1,
    light: float = 0.2,
    flip: float = 0.5,
) -> np.ndarray:
    """Change a gray image slightly, as patients and exposures differ.

    Args:
        image: uint8 (H, W).
        degrees: rotation within +- degrees.
        shift: translation within +- shift of each side.
        scale: zoom within 1 +- scale.
        light: contrast within 1 +- light about the mean, brightness within +- light / 2 of white.
        flip: probability of a horizontal flip.

    Returns:
        uint8 (H, W); what comes from outside is black.
    """
    height, width = image.shape
    angle, zoom = rng.uniform(-degrees, degrees), 1.0 + rng.uniform(-scale, scale)
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), angle, zoom)
    matrix[:, 2] = matrix[:, 2] + rng.uniform(-shift, shift, 2) * (width, height)
    moved = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR).astype(np.float32)
    contrast, brightness = 1.0 + rng.uniform(-light, light), 255.0 * rng.uniform(-light, light) / 2
    mean = moved.mean()
    lit = np.clip((moved - mean) * contrast + mean + brightness, 0, 255)
    if rng.random() < flip:
        lit = lit[:, ::-1]
    return np.round(lit).astype(np.uint8)


def _read_labels(path: Path, coco: dict[str, Any], chosen: Sequence[str] | None) -> tuple[list[str], np.ndarray]:
    """Label names, and labels float32 (N, L) with NaN for "not mentioned"."""
    names = coco.get("label_names")
    if not names:
        raise UserError(f'{path}: no "label_names"; write it with tools/prepare_dataset.py chexpert or class_folders')
    unknown = [name for name in chosen or [] if name not in names]
    if unknown:
        raise UserError(f"{path}: no label {unknown}; it has {names}")
    wrong = [i["file_name"] for i in coco["images"] if len(i.get("labels") or []) != len(names)]
    if wrong:
        raise UserError(f"{path}: {len(wrong)} images lack their {len(names)} labels; the first is {wrong[0]}")
    rows = [[np.nan if label is None else label for label in image["labels"]] for image in coco["images"]]
    labels = np.array(rows, dtype=np.float32).reshape(-1, len(names))
    chosen = list(chosen or names)
    return chosen, labels[:, [names.index(name) for name in chosen]]


def _read_predictions(
    predictions: np.ndarray | str | os.PathLike[str] | None, shape: tuple[int, ...]
) -> np.ndarray | None:
    if predictions is None:
        return None
    name = "predictions"
    if isinstance(predictions, (str, os.PathLike)):
        name = f"predictions {os.fspath(predictions)}"
        if not Path(predictions).is_file():
            raise MissingFileError(
                f"{name}: no such file; tools/test.py writes it for the model trained before, tested on this set, with "
                "--cfg-options test_evaluator.outfile=NAME.npy"
            )
        try:
            predictions = np.load(predictions)
        except (ValueError, EOFError) as error:
            raise UserError(f"{name} are damaged or no array of numbers ({error})") from error
    values = np.asarray(predictions)
    if values.shape != shape:
        raise UserError(f"{name} have the shape {values.shape}; the data set needs {shape} (images, labels)")
    return values
