"""A workflow that has run, in its smallest form, and its bundle: random weights, eight images, two of them to test."""

import json
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import MODELS

import enhance.register  # noqa: F401  registers the classifier
from tests.paths import ROOT
from tests.random_weights import random_weights
from tests.tiny_networks import DETECTOR
from tools import bundle as tool
from tools import enhance_dataset

CLASSIFIER = dict(
    type="AttentionClassifier",
    backbone=dict(model_name="test_resnet", in_chans=1),
    label_names=["No Finding", "Lesion"],
    input_size=32,
    mean=[0.5],
    std=[0.25],
)
JET = dict(type="PseudoColor", colormap="jet")
SIDES = {"train": range(1, 4), "val": range(4, 7), "test": range(7, 9)}


def write_set(folder: Path) -> None:
    """Eight gray images of two sizes with a lesion of one of two kinds each, a person each, and three COCO files."""
    rng = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    for side, numbers in SIDES.items():
        images, boxes = [], []
        for number in numbers:
            size = (64, 64) if number % 2 else (48, 72)
            name = f"images/{number}.png"
            cv2.imwrite(str(folder / name), cv2.GaussianBlur(rng.integers(0, 256, size, np.uint8), (9, 9), 3))
            place = {"id": number, "file_name": name, "height": size[0], "width": size[1]}
            images.append(place | {"patient_id": f"p{number}"})
            box = {"bbox": [8.0, 8.0, 24.0, 20.0], "area": 480.0}
            boxes.append(box | {"id": number, "image_id": number, "category_id": 3 + 2 * (number % 2)})
        categories = [{"id": 3, "name": "nodule"}, {"id": 5, "name": "mass"}]
        coco = {"images": images, "annotations": boxes, "categories": categories}
        (folder / f"{side}.json").write_text(json.dumps(coco))


def write_weights(file: Path, images: Path) -> None:
    """The weights of a detector that was trained on a folder of images, if training is to do nothing."""
    cfg = Config.fromfile(ROOT / "configs/detect/faster_rcnn_demo.py")
    cfg.merge_from_dict(DETECTOR)
    cfg.model.roi_head.bbox_head.num_classes = 2
    for side in SIDES:
        cfg[f"{side}_dataloader"].dataset.update(data_root=str(images), ann_file=f"{side}.json")
        cfg[f"{side}_dataloader"].update(num_workers=0, persistent_workers=False)
    meta = {"cfg": cfg.pretty_text, "dataset_meta": {"classes": ("nodule", "mass")}}
    file.parent.mkdir(parents=True)
    torch.save({"state_dict": random_weights(cfg), "meta": meta}, file)


def write_workflow(folder: Path) -> Path:
    """A prepared set, its twin that CAWE and a color map have enhanced, and detectors of both; `folder/work`."""
    write_set(folder / "set")
    torch.manual_seed(0)
    torch.save(MODELS.build(CLASSIFIER).state_dict(), folder / "c.pth")
    keys = dict(type="Enhancer", attention=dict(type="CAWE"), classifier=CLASSIFIER, colorizer=JET)
    imports = dict(imports=["colorize_gan.register"])
    recipe = f"custom_imports = {imports}\nenhancer = {keys!r}\ncheckpoints = dict(classifier='c.pth')\n"
    (folder / "own.py").write_text(recipe)
    places = [str(folder / name) for name in ("own.py", "set", "set_color_cawe")]
    enhance_dataset.main([*places, "--workers", "0", "--device", "cpu"])
    for variant, images in (("raw", "set"), ("color_cawe", "set_color_cawe")):
        write_weights(folder / f"work/faster_rcnn/{variant}/seed0/weights.pth", folder / images)
    return folder / "work"


def write_all(folder: Path) -> Path:
    """A folder with a workflow (`set`, `set_color_cawe`, `work`) and its bundle (`bundle`)."""
    tool.main([str(write_workflow(folder)), "--out", str(folder / "bundle"), "--device", "cpu"])
    return folder
