"""Image labels from lesion boxes (COCO): which categories an image has a box of. For CAWE within one data set."""

import os
from argparse import ArgumentParser
from pathlib import Path

from data.coco import ImageRecord, lesions_of, patient_of
from data.coco_file.read import load_coco
from data.images.place import name_below
from data.readers.parts.errors import DatasetNotFound
from data.readers.reader import ALL, Reader, SourceData

_SHAPE = """  SRC/images/...    what the file_name of each image points to
  SRC/{}            COCO: images, annotations, categories"""


def add_options(parser: ArgumentParser) -> None:
    parser.add_argument("--train-json", default="train.json", help="the detectors' training file (default train.json)")


def check_source(src: str | os.PathLike[str], train_json: str = "train.json") -> None:
    """Make sure that the COCO file is there.

    Args:
        train_json: its name relative to `src`.

    Raises:
        DatasetNotFound: it is not.
    """
    if not (Path(src) / train_json).is_file():
        shape = _SHAPE.format(train_json)
        raise DatasetNotFound("Lesion boxes (COCO)", src, f"no {train_json}", "your detection data set", shape)


def read(src: str | os.PathLike[str], train_json: str = "train.json") -> SourceData:
    """Records with a 0/1 label for each category; the label names are the categories in the order of the file.

    Args:
        train_json: the detectors' training file, and no other: a classifier that has seen the labels of test images
            would draw maps that know them.

    Raises:
        DatasetNotFound: see `check_source`.
        UserError: see `data.coco_file.read.read_coco`, or a file name leads out of `src`.
    """
    check_source(src, train_json)
    coco = load_coco(Path(src) / train_json)
    present = {(annotation["image_id"], annotation["category_id"]) for annotation in lesions_of(coco)}
    records = [
        ImageRecord(
            Path(src) / image["file_name"],
            name_below(src, image["file_name"]),
            image["width"],
            image["height"],
            patient_of(image),
            labels=[int((image["id"], category["id"]) in present) for category in coco["categories"]],
        )
        for image in coco["images"]
    ]
    return SourceData({ALL: records}, label_names=[category["name"] for category in coco["categories"]])


READER = Reader("box_labels", __doc__, check_source, read, add_options)
