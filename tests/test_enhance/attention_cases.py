"""A small set of images with labels and boxes on disk, and a toy classifier with three methods to measure there."""

import json

import numpy as np
import torch
from mmengine.config import Config

from data.atomic import write_json
from data.coco import ImageRecord, records_to_coco
from data.images.image_io import write_image
from enhance.attention import CAM, CRM, GradCAM
from enhance.evaluation.report.cases import read_cases
from enhance.evaluation.report.measured import measure
from enhance.evaluation.report.settings import AttentionSettings
from enhance.evaluation.report.summary import summarize_attention
from enhance.method_set import MethodSet
from tests.test_enhance.toy import ToyClassifier

LABELS = ["label 0", "label 1", "label 2", "label 3"]
SIDE = 16


def write_set(folder, number=7, label_names=LABELS, boxes=True):
    """Images of 32 x 24, two per patient; odd ones have boxes; label 0 is uncertain on the last. Returns the file."""
    rng = np.random.default_rng(0)
    records = []
    for index in range(number):
        name = f"images/{index}.png"
        (folder / "images").mkdir(parents=True, exist_ok=True)
        write_image(folder / name, rng.integers(0, 256, (24, 32), dtype=np.uint8))
        labels = [int(value) for value in rng.integers(0, 2, len(label_names))]
        labels[0] = -1 if index == number - 1 else 1
        records.append(ImageRecord(folder / name, name, 32, 24, f"p{index // 2}", labels=labels))
        if boxes and index % 2:
            records[-1].boxes = [(2.0 * index, 3.0, 10.0, 9.0, "lesion"), (20.0, 12.0, 6.0, 6.0, "lesion")]
    write_json(folder / "test.json", records_to_coco(records, ["lesion"], label_names or None))
    return folder / "test.json"


def method_set(seed=0, activation="sigmoid", **evaluation):
    """CAM, Grad-CAM and CRM around a toy."""
    torch.manual_seed(seed)
    classifier = ToyClassifier(relu=True).eval()
    classifier.activation = activation
    methods = {"CAM": CAM(classifier), "Grad-CAM": GradCAM(classifier), "CRM": CRM(classifier)}
    return MethodSet(Config(dict(checkpoints={})), classifier, methods, {}, evaluation)


def settings(folder, **options):
    return AttentionSettings(str(folder), "test.json", **(dict(region=5, steps=6, threshold=0.0) | options))


def without_labels(path):
    """Take the image labels out of a set."""
    coco = json.loads(path.read_text())
    del coco["label_names"]
    path.write_text(json.dumps(coco))


def evaluated(folder, **options):
    """The measures of the set in `folder`, and their summary."""
    chosen = settings(folder, **(dict(bootstrap=20) | options))
    measured = measure(method_set(), read_cases(folder, "test.json", LABELS), chosen)
    return measured, summarize_attention(measured, chosen, LABELS)
