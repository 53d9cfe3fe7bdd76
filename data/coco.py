"""Image records and the COCO JSON of a prepared data set: who is a patient, and what is a lesion."""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data.errors import UserError
from data.images.place import name_below

LesionBox = tuple[float, float, float, float, str]
"""x, y of the upper left corner, width, height in pixels of the image, and the category's name."""


@dataclass
class ImageRecord:
    """One image of a data set, whatever its annotations are.

    Attributes:
        source: the file that is read.
        file_name: path in the prepared data set, relative to its folder, with "/".
        width, height: size in pixels; boxes are in these pixels.
        patient_id: the person; a split keeps all images of one person together. None where the person is not known;
            an empty text becomes None.
        boxes: lesions, `(x, y, width, height, category)`; empty for a negative.
        labels: 1, 0, -1 (uncertain) or None (not mentioned) for each label name; None without image labels.
        extra: further JSON values for the image's entry.
        masks: files of masks of a region, such as the lungs; `data.preparation.prepare.prepare_images` cuts the image
            to the box around them. Empty keeps it whole.

    Raises:
        UserError: `file_name` leads out of the data set.
    """

    source: Path
    file_name: str
    width: int
    height: int
    patient_id: str | None
    boxes: list[LesionBox] = field(default_factory=list)
    labels: list[int | None] | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    masks: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.patient_id = _named(self.patient_id)
        self.file_name = name_below("the data set", self.file_name)


def records_to_coco(
    records: Iterable[ImageRecord], categories: Sequence[str], label_names: Sequence[str] | None = None
) -> dict[str, Any]:
    """Turn records into a COCO dictionary. Ids count from 1; negatives are images without annotations.

    An image of an unknown patient has no "patient_id".

    Args:
        categories: names in the order of their ids; may be empty for image-label data.
        label_names: order of `ImageRecord.labels`; written as top-level "label_names".

    Raises:
        UserError: a file name twice, a box of an unknown category or outside its image, labels of another length.
    """
    category_ids = {name: index for index, name in enumerate(categories, start=1)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    seen: set[str] = set()
    for image_id, record in enumerate(records, start=1):
        if record.file_name in seen:
            raise UserError(f"{record.file_name}: two images have this name; give each image its own")
        seen.add(record.file_name)
        images.append(_image_entry(image_id, record, label_names))
        for box in record.boxes:
            annotations.append(_annotation_entry(len(annotations) + 1, image_id, record, box, category_ids))
    coco: dict[str, Any] = {"images": images, "annotations": annotations}
    coco["categories"] = [{"id": index, "name": name} for name, index in category_ids.items()]
    if label_names is not None:
        coco["label_names"] = list(label_names)
    return coco


def _image_entry(image_id: int, record: ImageRecord, label_names: Sequence[str] | None) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": image_id,
        "file_name": record.file_name,
        "width": int(record.width),
        "height": int(record.height),
    }
    if record.patient_id is not None:
        entry["patient_id"] = record.patient_id
    if label_names is not None:
        if record.labels is None or len(record.labels) != len(label_names):
            raise UserError(
                f"{record.file_name}: {record.labels} are not labels for the {len(label_names)} label names"
            )
        entry["labels"] = list(record.labels)
    return entry | {key: value for key, value in record.extra.items() if key not in entry}


def _annotation_entry(
    annotation_id: int, image_id: int, record: ImageRecord, box: LesionBox, category_ids: dict[str, int]
) -> dict[str, Any]:
    x, y, width, height, category = box
    if category not in category_ids:
        raise UserError(f"{record.file_name}: category {category!r} is none of {list(category_ids)}")
    inside = x >= 0 and y >= 0 and x + width <= record.width + 1e-6 and y + height <= record.height + 1e-6
    if not (width > 0 and height > 0 and inside):
        raise UserError(f"{record.file_name}: box {box[:4]} is not inside the {record.width}x{record.height} image")
    return {
        "id": annotation_id,
        "image_id": image_id,
        "category_id": category_ids[category],
        "bbox": [float(x), float(y), float(width), float(height)],
        "area": float(width * height),
        "iscrowd": 0,
    }


def split_by_patient(
    records: Sequence[ImageRecord], fraction: float = 0.8, seed: int = 0
) -> tuple[list[ImageRecord], list[ImageRecord]]:
    """Split into train and test so that no patient is on both sides (paper 002, section 3.4: 8:2).

    Patients are drawn within strata of equal findings (the categories of their boxes and their positive labels), so
    that both sides have about the same share of each. The result depends on the patients, their findings and `seed`
    only, not on the order of `records`; each side keeps that order. An image of an unknown patient counts as a patient
    of its own.

    Args:
        fraction: share of the patients that goes to train, in (0, 1).

    Raises:
        UserError: `fraction` out of range, or a side would be empty.
    """
    if not 0.0 < fraction < 1.0:
        raise UserError(f"fraction must lie between 0 and 1, got {fraction}")
    findings: dict[str, set[str]] = defaultdict(set)
    for record in records:
        positive = [f"label {i}" for i, label in enumerate(record.labels or []) if label == 1]
        findings[_patient(record)].update(positive, (f"box {box[4]}" for box in record.boxes))
    strata: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for patient in sorted(findings):
        strata[tuple(sorted(findings[patient]))].append(patient)
    rng = np.random.default_rng(seed)
    drawn = [str(p) for key in sorted(strata) for p in rng.permutation(np.array(strata[key], dtype=object))]
    # An even walk through the strata: each gets its share to within one patient, and so does the whole.
    train = {p for i, p in enumerate(drawn) if int((i + 1) * fraction + 0.5) > int(i * fraction + 0.5)}
    sides = [r for r in records if _patient(r) in train], [r for r in records if _patient(r) not in train]
    if not (sides[0] and sides[1]):
        who = "1 patient" if len(drawn) == 1 else f"{len(drawn)} patients"
        raise UserError(f"{who} cannot be split at {fraction:g}: one side would be empty")
    return sides


def _patient(record: ImageRecord) -> str:
    return f"image {record.file_name}" if record.patient_id is None else record.patient_id


def patient_of(image: dict[str, Any]) -> str | None:
    """The person on an image of a COCO file, as text; None where nobody is named: no "patient_id", or an empty one."""
    return _named(image.get("patient_id"))


def _named(patient: Any) -> str | None:
    return None if patient is None or str(patient).strip() == "" else str(patient)


def groups_of(images: Sequence[dict[str, Any]]) -> list[str]:
    """For each image what a split keeps together and a bootstrap draws: its person, or itself where nobody is named."""
    return [patient_of(image) or f"image {image['id']}" for image in images]


def unit_of(images: Sequence[dict[str, Any]]) -> Literal["patient", "image"]:
    """What the groups of `groups_of` are: "patient", or "image" where nobody is named on any of them."""
    return "patient" if any(map(patient_of, images)) else "image"


def is_region(annotation: dict[str, Any]) -> bool:
    """Whether an annotation marks a region ("iscrowd" or "ignore") and no lesion: what lies there is not counted."""
    return bool(annotation.get("iscrowd") or annotation.get("ignore"))


def lesions_of(coco: dict[str, Any]) -> list[dict[str, Any]]:
    """The annotations that are lesions, of any category, in the order of the file; regions are none."""
    return [annotation for annotation in coco["annotations"] if not is_region(annotation)]


def part_of(coco: dict[str, Any], images: Container[Any]) -> dict[str, Any]:
    """The images of these ids and their annotations, in the order of the file; all else of the file stays."""
    return coco | {
        "images": [image for image in coco["images"] if image["id"] in images],
        "annotations": [annotation for annotation in coco["annotations"] if annotation["image_id"] in images],
    }
