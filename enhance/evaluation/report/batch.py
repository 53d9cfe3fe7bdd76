"""A batch of images with what the classifier says of them, and their maps by every method and every floor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from data.images.errors import ImageReadError
from enhance.attention.base import classifier_inputs, counted_labels, is_softmax, most_probable, up_sample
from enhance.evaluation.measures.floors import center_gaussian, random_maps
from enhance.evaluation.measures.replacement import Predict, correctly_predicted
from enhance.evaluation.report.cases import Case
from enhance.evaluation.report.settings import AttentionSettings
from enhance.method_set import MethodSet

FLOORS = ("Random map", "Center Gaussian")


@dataclass(frozen=True)
class Batch:
    """B images, as the classifier takes them.

    Attributes:
        cases: B.
        images: (B, 1, side, side), in [0, 1].
        probabilities: (B, L).
        targets: (B,) the class of each image's maps.
        correct: (B,) bool, see `enhance.evaluation.measures.replacement.correctly_predicted`.
    """

    cases: list[Case]
    images: Tensor
    probabilities: Tensor
    targets: Tensor
    correct: Tensor


def target_index(settings: AttentionSettings, label_names: Sequence[str]) -> int | None:
    """The place of the class that maps are asked for, None for each image's most probable one."""
    return None if settings.target is None else list(label_names).index(settings.target)


def read_batch(
    method_set: MethodSet, cases: Sequence[Case], settings: AttentionSettings, predict: Predict, failed: dict[str, str]
) -> Batch | None:
    """Read and predict images; one that cannot be read goes to `failed` with the reason. None if none is left."""
    classifier, read, arrays = method_set.classifier, [], []
    for case in cases:
        try:
            arrays.append(case.image(settings.data_root))
            read.append(case)
        except ImageReadError as error:
            failed[case.file_name] = str(error)
    if not read:
        return None
    images = classifier_inputs(method_set.classifier, arrays)
    probabilities = predict(images)
    target = target_index(settings, classifier.label_names)
    targets = most_probable(probabilities, counted_labels(classifier.label_names, settings.ignore_labels))
    targets = targets if target is None else torch.full_like(targets, target)
    labels = torch.from_numpy(np.stack([case.labels for case in read])).to(images.device)
    threshold = None if is_softmax(classifier) else settings.threshold
    return Batch(read, images, probabilities, targets, correctly_predicted(probabilities, labels, targets, threshold))


def all_maps(method_set: MethodSet, batch: Batch, seed: int) -> Iterator[Tensor]:
    """Maps (B, side, side) of each method in its order, then of each of the `FLOORS`, on the images' device.

    The random map is drawn in the cells of the methods' maps.
    """
    size = (batch.images.shape[2], batch.images.shape[3])
    cells = size
    for name in method_set.methods:
        coarse = method_set.coarse_maps(name, batch.images, batch.targets)
        cells = (coarse.shape[1], coarse.shape[2])
        yield up_sample(coarse, size)
    yield random_maps([case.place for case in batch.cases], size, cells, seed).to(batch.images)
    yield center_gaussian(size).to(batch.images).expand(len(batch.cases), -1, -1)
