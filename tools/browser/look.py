"""One image under the networks of a bundle: what they say of it is computed once, when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from threading import RLock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from data.images.resize import shrink
from detect.bundle.operating_points import OperatingPoint, operating_point
from detect.prediction.boxes import Prediction
from detect.prediction.overlay import overlay as with_boxes
from detect.predictor import Predictor
from enhance.attention.base import (
    NO_LESION,
    ClassAttention,
    class_probabilities,
    classifier_inputs,
    counted_labels,
    most_probable,
)
from enhance.fusion import fuse
from enhance.method_set import build_methods
from enhance.pictures.overlay import overlay as in_color
from enhance.recipe import read_recipe
from training.config_data import config_file

Picture = NDArray[np.uint8]
METHODS = "configs/enhance/attention.py"
LONGEST = 1024
"""Pixels of a picture's longer side; larger images are shrunk for the screen, after the networks saw them whole."""
MOST_PROBABLE = -1
"""In the place of a class: the most probable one that names a lesion."""


class Bench:
    """A bundle at work, and the attention methods that go with its classifier.

    Args:
        predictor: of the bundle.

    Attributes:
        enhancer: of the predictor.
        methods: by name, the bundle's own first; none where its enhancer has no attention.
        label_names: of the classifier; none where there is none.
        colors: whether the bundle has a colorizer.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor
        self.enhancer: Any = predictor.enhancer
        self.lock = RLock()
        self.methods: dict[str, Any] = {}
        self.label_names: list[str] = []
        self.colors = getattr(self.enhancer, "colorizer", None) is not None
        if getattr(self.enhancer, "attention", None) is not None:
            own, classifier = type(self.enhancer.attention).__name__, self.enhancer.classifier
            others = read_recipe(config_file(METHODS), None)["methods"]
            built, _ = build_methods(METHODS, {n: c for n, c in others.items() if c["type"] != own}, classifier)
            self.methods = {own: self.enhancer.attention} | built
            self.label_names = list(classifier.label_names)

    def point(self, rate: float) -> OperatingPoint:
        """Where the detector stays within `rate` false positives an image, by its validation images."""
        return operating_point(self.predictor.froc, rate)

    def rates(self) -> list[float]:
        """The rates with a threshold that it reached, ascending."""
        points = self.predictor.froc["points"].items()
        return sorted(float(rate) for rate, point in points if point["threshold"] is not None and point["reached"])

    def knows_classes(self, method: str) -> bool:
        """Whether a map of the method is for one class."""
        return isinstance(self.methods[method], ClassAttention)


class Look:
    """An image on a bench.

    Args:
        image: gray (H, W) uint8.

    Attributes:
        gray: (h, w) uint8, as it is shown; the longer side has at most `LONGEST` pixels.
    """

    def __init__(self, bench: Bench, image: NDArray[np.uint8]) -> None:
        self.bench, self.image = bench, image
        self.gray: Picture = shrink(image, LONGEST)
        self._maps: dict[tuple[str, int], NDArray[np.float32]] = {}

    @cached_property
    def _seen(self) -> tuple[Any, Any]:
        """The image (1, 1, S, S) as the classifier takes it, and its logits (1, L)."""
        classifier = self.bench.enhancer.classifier
        inputs = classifier_inputs(classifier, [self.image])
        with self.bench.lock, torch.no_grad():
            return inputs, classifier.head(classifier.extract_feat(inputs))

    @cached_property
    def probabilities(self) -> list[float]:
        """Of the classifier's classes."""
        return class_probabilities(self.bench.enhancer.classifier, self._seen[1])[0].tolist()

    @cached_property
    def most_probable(self) -> int:
        """The class that a map is for where none is chosen."""
        return int(most_probable(self._seen[1], counted_labels(self.bench.label_names, NO_LESION)))

    def attention(self, method: str, label: int = MOST_PROBABLE) -> NDArray[np.float32]:
        """The map (h, w), normalized as the bundle does it, for a class where the method knows classes."""
        knows = self.bench.knows_classes(method)
        label = (self.most_probable if label == MOST_PROBABLE else label) if knows else MOST_PROBABLE
        with self.bench.lock:
            if (method, label) not in self._maps:
                chosen = self.bench.methods[method]
                (coarse,) = chosen.coarse_maps(self._seen[0], *([[label]] if knows else []))
                full = self.bench.enhancer.full_map(coarse.detach(), self.gray.shape)
                self._maps[method, label] = full.cpu().numpy()
            return self._maps[method, label]

    def attention_picture(self, method: str, label: int = MOST_PROBABLE) -> Picture:
        """The map in color over the gray image, (h, w, 3)."""
        return in_color(self.gray, self.attention(method, label))

    @cached_property
    def _color(self) -> NDArray[np.float32]:
        """(h, w, 3) in [0, 255], not rounded."""
        with self.bench.lock, torch.no_grad():
            (color,) = self.bench.enhancer.colorize([self.image])
        return shrink(color.cpu().numpy(), LONGEST)

    @cached_property
    def color_picture(self) -> Picture:
        """(h, w, 3); gray without a colorizer."""
        return fuse(self._color, np.ones(self.gray.shape, np.float32))

    def fused(self, method: str, label: int, alpha: float) -> Picture:
        """Eq. (7) with this map and alpha, (h, w, 3); no network runs once map and color are there."""
        attention = torch.from_numpy(self.attention(method, label))
        return self.bench.enhancer.fuse(torch.from_numpy(self._color), attention, alpha).numpy()

    @cached_property
    def prediction(self) -> Prediction:
        """What the bundle finds in the image as it enhances it itself, whatever is tried here."""
        with self.bench.lock:
            (prediction,) = self.bench.predictor.predict([self.image])
        return prediction

    def found(self, threshold: float) -> tuple[Picture, int]:
        """What the detector saw with its boxes from a score, (h, w, 3), and how many they are."""
        boxes = self.prediction.boxes.from_score(threshold)
        seen = shrink(self.prediction.enhanced, LONGEST)
        corners = boxes.corners * (seen.shape[1] / self.image.shape[1])
        names = self.bench.predictor.label_names
        return with_boxes(seen, corners, boxes.scores.tolist(), boxes.labels.tolist(), names), len(boxes.scores)
