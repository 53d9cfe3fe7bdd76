"""From an image to its view: the maps of every method of a set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from data.images.resize import shrink
from enhance.attention.base import NO_LESION, classifier_inputs, counted_labels, most_probable
from enhance.evaluation.measures.replacement import predictor
from enhance.evaluation.measures.roi import Box
from enhance.method_set import MethodSet
from enhance.pictures.view import LONGEST_SIDE, View


def look(
    method_set: MethodSet, name: str, image: np.ndarray, boxes: Sequence[Box] = (), target: int | None = None
) -> View:
    """Run every method on one image.

    Args:
        name: Of the file.
        image: (H, W) uint8.
        boxes: Lesions, (x, y, width, height) as shares of the image's width and height.
        target: The class of the maps; None takes the most probable one that names a lesion.
    """
    inputs, names = classifier_inputs(method_set.classifier, [image]), method_set.classifier.label_names
    probabilities = predictor(method_set.classifier)(inputs)
    if target is None:
        target = int(most_probable(probabilities, counted_labels(names, NO_LESION)))
    targets = torch.tensor([target], device=inputs.device)
    maps = {method: method_set.coarse_maps(method, inputs, targets)[0].cpu().numpy() for method in method_set.methods}
    height, width = image.shape
    lesions = [(x * width, y * height, w * width, h * height) for x, y, w, h in boxes]
    seen = shrink(image, LONGEST_SIDE)
    return View(name, seen, image.shape, names[target], float(probabilities[0, target]), maps, lesions)
