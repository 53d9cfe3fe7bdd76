"""The file of a tested image-label classifier: its scores, and the labels as they counted."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.atomic import write_json
from data.coco import groups_of, patient_of, unit_of
from data.coco_file.read import load_coco
from data.errors import MissingFileError, UserError


@dataclass(frozen=True)
class Predictions:
    """What a classifier says about N images.

    Attributes:
        label_names: L names.
        scores: (N, L) probabilities.
        labels: (N, L) of 0 and 1; NaN where a label does not count (uncertain, not mentioned).
        places: (N,) the place of each image in the annotation file, from 0; None: all images in the order of the file.
        chose_the_epoch: these images chose the epoch of the classifier.
    """

    label_names: list[str]
    scores: NDArray[np.float64]
    labels: NDArray[np.float64]
    places: Sequence[int] | None = None
    chose_the_epoch: bool = False

    @property
    def one_class_each(self) -> bool:
        """Whether each image whose labels all count has exactly one of at least two; False without such an image."""
        known = np.isfinite(self.labels).all(1)
        return len(self.label_names) > 1 and bool(known.any() and (self.labels[known].sum(1) == 1).all())

    @property
    def from_softmax(self) -> bool:
        """Whether the scores of every image sum to 1, which those of a sigmoid do not."""
        return bool(np.allclose(self.scores.sum(1), 1, atol=1e-3))


def write_predictions(
    path: str | os.PathLike[str],
    label_names: list[str],
    scores: ArrayLike,
    labels: ArrayLike,
    mask: ArrayLike,
    places: Sequence[int] | None = None,
    chose_the_epoch: bool = False,
) -> None:
    """Write `{"label_names": [...], "scores": [[...], ...], "labels": [[1, 0, null], ...], "places": [0, ...]}`.

    With `chose_the_epoch` the file has `"chose_the_epoch": true`.

    Args:
        label_names: L names.
        scores, labels, mask: (N, L); a label is null where the mask is 0.
        places, chose_the_epoch: as in `Predictions`.
    """
    counted = np.asarray(labels, float).astype(object)
    counted[np.asarray(mask) == 0] = None
    content = {"label_names": label_names, "scores": np.asarray(scores), "labels": counted, "places": places}
    write_json(path, content | ({"chose_the_epoch": True} if chose_the_epoch else {}), indent=None)


def read_predictions(path: str | os.PathLike[str]) -> Predictions:
    """Read what `write_predictions` wrote.

    Raises:
        MissingFileError: no such file.
        UserError: not such a file, no image, a score that is no probability, a label other than 0, 1 and null. The text
            names the file.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"{path}: no such predictions; tools/test.py writes them to <work dir>/test")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        names = [str(name) for name in content["label_names"]]
        if np.array(content["scores"]).dtype.kind == "U":
            raise UserError("a score is text")
        scores, labels = (np.array(content[key], float) for key in ("scores", "labels"))
        places = content.get("places")
        if places is not None:
            if [int(place) for place in places] != places:
                raise UserError("places are whole numbers")
            places = [int(place) for place in places]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not the predictions of a classifier ({error!r}); {_SHAPE}") from error
    if scores.ndim != 2 or scores.shape != labels.shape or scores.shape[1] != len(names):
        raise UserError(
            f"{path}: {len(names)} label names, scores of shape {scores.shape} and labels of {labels.shape}; {_SHAPE}"
        )
    if places is not None and len(set(places)) != len(scores):
        raise UserError(f"{path}: {len(set(places))} different places for {len(scores)} images; {_SHAPE}")
    missing = int((~np.isfinite(scores)).sum())
    if missing:
        raise UserError(f"{path}: {missing} scores are no numbers; did the training diverge?")
    outside = int(((scores < 0) | (scores > 1)).sum())
    if outside:
        raise UserError(f"{path}: {outside} scores are no probabilities from 0 to 1; are they logits?")
    wrong = labels[np.isfinite(labels) & (labels != 0) & (labels != 1)]
    if len(wrong):
        raise UserError(
            f"{path}: {len(wrong)} labels are neither 0, 1 nor null, the first is {wrong[0]:g}; test with the policy "
            '"ignore" for uncertain labels'
        )
    return Predictions(names, scores, labels, places, bool(content.get("chose_the_epoch", False)))


_SHAPE = (
    "it needs label_names [L], scores [N][L] and labels [N][L] of 0, 1 and null, and may have places [N] in the "
    "annotation file, as tools/test.py writes them"
)


@dataclass(frozen=True)
class Groups:
    """Who is drawn in a resample.

    Attributes:
        of_image: (N,) the patient of each image, or the image itself where the patient is not known.
        unit: "patient", or "image" where no patient is known.
        unknown: how many images' patient is not known.
    """

    of_image: list[str]
    unit: Literal["patient", "image"]
    unknown: int = 0


def read_groups(path: str | os.PathLike[str], predictions: Predictions) -> Groups:
    """Read the patients of the data set that was tested.

    Args:
        path: COCO file with "label_names", whose images were tested.

    Raises:
        MissingFileError: no such file.
        UserError: it is of other images: too few or too many, another label name, or a label that contradicts.
    """
    coco = load_coco(path)
    images = _tested_images(path, coco["images"], predictions)
    _check_labels(path, images, coco.get("label_names") or [], predictions)
    unknown = sum(patient_of(image) is None for image in images)
    return Groups(groups_of(images), unit_of(images), unknown)


_REMEDY = "give the annotation file that was tested"


def _tested_images(
    path: str | os.PathLike[str], images: list[dict[str, Any]], predictions: Predictions
) -> list[dict[str, Any]]:
    if predictions.places is None:
        if len(images) != len(predictions.scores):
            raise UserError(f"{path}: {len(images)} images, but predictions of {len(predictions.scores)}; {_REMEDY}")
        return images
    if not 0 <= min(predictions.places) <= max(predictions.places) < len(images):
        last = max(predictions.places) + 1
        raise UserError(f"{path}: {len(images)} images, but predictions of up to the {last}th; {_REMEDY}")
    return [images[place] for place in predictions.places]


def _check_labels(
    path: str | os.PathLike[str], images: list[dict[str, Any]], names: list[str], predictions: Predictions
) -> None:
    unknown = [name for name in predictions.label_names if name not in names]
    if unknown:
        raise UserError(f"{path}: no label {unknown}, it has {names}; {_REMEDY}")
    columns = [names.index(name) for name in predictions.label_names]
    for image, labels in zip(images, predictions.labels, strict=True):
        given = image.get("labels") or [None] * len(names)
        for name, column, label in zip(predictions.label_names, columns, labels, strict=True):
            if given[column] in (0, 1) and np.isfinite(label) and given[column] != label:
                said = f"{image['file_name']} has {name} = {given[column]}, the predictions say {label:g}"
                raise UserError(f"{path}: {said}; {_REMEDY}")
