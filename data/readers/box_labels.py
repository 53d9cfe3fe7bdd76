"""Image labels from lesion boxes (COCO): which categories an image has a box of. For CAWE within one data set."""

import os
from pathlib import Path

from data.coco import ImageRecord, load_coco
from data.readers.errors import DatasetNotFound

_SHAPE = """  SRC/images/...    what the file_name of each image points to
  SRC/{}            COCO: images, annotations, categories"""


def read_records(src: str | os.PathLike[str], ann_file: str = "train.json") -> tuple[list[ImageRecord], list[str]]:
    """Records with a 0/1 label for each category, and the label names: the categories in the order of the file.

    Give the detectors' training file only: a classifier that has seen the labels of test images would draw maps that
    know them. Boxes with `iscrowd` count; they are lesions too.

    Raises:
        DatasetNotFound: the file is missing.
        UserError: see `data.coco.load_coco`.
    """
    path = Path(src) / ann_file
    if not path.is_file():
        raise DatasetNotFound(
            "Lesion boxes (COCO)", src, f"no {ann_file}", "your detection data set", _SHAPE.format(ann_file)
        )
    coco = load_coco(path)
    present = {(annotation["image_id"], annotation["category_id"]) for annotation in coco["annotations"]}
    records = [
        ImageRecord(
            Path(src) / image["file_name"],
            image["file_name"],
            image["width"],
            image["height"],
            image.get("patient_id"),
            labels=[int((image["id"], category["id"]) in present) for category in coco["categories"]],
        )
        for image in coco["images"]
    ]
    return records, [category["name"] for category in coco["categories"]]
