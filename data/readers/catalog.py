"""The readers by name."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from data.readers import chexpert, class_folders, covid_radiography, imagenet, rsna, tuberculosis
from data.readers.errors import DatasetNotFound


def _check_box_labels(src: Path) -> None:
    if not src.is_dir():
        shape = "  SRC/images/...\n  SRC/train.json"
        raise DatasetNotFound("Lesion boxes (COCO)", src, "no such folder", "your detection data set", shape)


READERS: dict[str, Any] = {
    "rsna": rsna,
    "chexpert": chexpert,
    "imagenet": imagenet,
    "tuberculosis": tuberculosis,
    "covid_radiography": covid_radiography,
    "class_folders": class_folders,
    "box_labels": SimpleNamespace(check_source=_check_box_labels),
}
