"""Every command of tools/ with arguments that are right, and the files that they need."""

import io
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import torch
from mmengine.config import Config

from enhance.classifier.model import AttentionClassifier
from tests.paths import ROOT
from tests.random_weights import random_weights
from tools import bundle

DETECTOR = "configs/detect/faster_rcnn_demo.py"
CLASSIFIER = "configs/enhance/classifier_demo.py"
COLORIZER = "configs/colorize_gan/demo.py"
COMMANDS = {
    "enhance_dataset": "configs/enhance/jet.py {folder} {out} --workers 0 --device cpu",
    "colorize": f"{COLORIZER} {{image}} --out {{out}} --checkpoint {{colorizer}} --device cpu",
    "evaluate_attention": "{attention} --out {out} --device cpu --cfg-options "
    "enhancer.classifier.checkpoint={classifier} evaluation.data_root={folder} evaluation.ann_file=test.json",
    "visualize_attention": "{attention} {image} --out {out} --device cpu --cfg-options "
    "enhancer.classifier.checkpoint={classifier}",
    "evaluate_colorizer": f"{COLORIZER} a={{colorizer}} --out {{out}} --device cpu --cfg-options "
    "train_dataloader.dataset.data_root={folder} test_dataloader.dataset.data_root={folder} "
    "train_dataloader.batch_size=2",
    "froc_report": "--ann {ann} --pred a={pred} --out {out} --bootstrap 20",
    "table1_report": "--ann {ann} --pred d/a={pred} d/b={pred} --out {out} --bootstrap 20",
    "classification_report": "--ann {labels} --pred {scores} --out {out} --bootstrap 20",
    "search": "{search} --trials 1 --work-dir {out} --cfg-options train_dataloader.dataset.data_root={folder} "
    "val_dataloader.dataset.data_root={folder} train_cfg.max_epochs=1",
    "train": f"{DETECTOR} --work-dir {{out}} --cfg-options train_dataloader.dataset.data_root={{folder}} "
    "val_dataloader.dataset.data_root={folder} train_cfg.max_epochs=0",
    "test": f"{DETECTOR} {{detector}} --work-dir {{out}} --cfg-options test_dataloader.dataset.data_root={{folder}}",
    "bundle": "{workflow} --out {out} --device cpu",
    "predict": "{bundle} {image} --out {out} --score-thr 0 --workers 0 --device cpu",
    "export_onnx": "{bundle} --out {out}",
    "app": "{bundle} --no-browser --device cpu",
    "prepare_dataset": "box_labels {folder} {out} --workers 0",
    "workflow.bundle_recipe": "{attention} {out} --cfg-options enhancer.classifier.checkpoint={classifier} "
    f"enhancer.colorizer.config={COLORIZER} enhancer.colorizer.checkpoint={{colorizer}}",
    "workflow.learning_curve_report": "--ann {ann} --train {ann} --out {out} --bootstrap 20 "
    "--pred 2/a={pred} 2/b={pred} 4/a={pred} 4/b={pred}",
    "workflow.check_leaks": "{ann} --train {folder}/train.json --out {out}.json --workers 0",
    "workflow.list_negatives": "{labels} --categories {ann} --out {out}.json",
    "workflow.show_enhancement": "configs/enhance/jet.py {folder} --out {out} --device cpu",
    "workflow.split_folds": "{ann} --folds 2 --out {out}",
    "workflow.take_subset": "{ann} --size 2 --out {out}.json",
    "workflow.train_stage": f"{DETECTOR} --work-dir {{out}}",
    "workflow.make_phantom": "{out} --rsna 1 --chexpert 0 --color 0 --size 64 --workers 0",
}
"""Each with everything right but what a test puts in the place of one file, folder or output."""
NO_FILES = {"workflow.on_free_gpu"}
"""It runs another command and knows no files."""


NETWORK = dict(
    backbone=dict(model_name="test_resnet", in_chans=1),
    label_names=["No Finding", "Lung Opacity"],
    input_size=32,
    mean=[0.5],
    std=[0.25],
)
"""A small classifier with maps."""


def write_files(folder: Path) -> dict[str, Path]:
    """Write a data set of four images, its predictions, labels and scores, and networks with random weights."""
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    images: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    for number in range(1, 5):
        name, labels = f"images/{number}.png", [number % 2, 1 - number % 2]
        cv2.imwrite(str(folder / name), rng.integers(0, 255, (40, 40, 3), np.uint8))
        place = {"id": number, "file_name": name, "width": 40, "height": 40}
        images.append(place | {"labels": labels})
        boxes.append({"id": number, "image_id": number, "category_id": 1, "bbox": [4, 4, 20, 20], "area": 400})
    coco: dict[str, Any] = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "Lung Opacity"}]}
    coco["label_names"] = NETWORK["label_names"]
    for side in ("train", "val", "test"):
        coco["images"] = [image | {"patient_id": f"{side} {image['id']}"} for image in images]
        write(folder / f"{side}.json", coco)
    write(
        folder / "pred.bbox", [{"image_id": i, "category_id": 1, "bbox": [4, 4, 20, 20], "score": 0.5} for i in (1, 2)]
    )
    write(folder / "labels.txt", coco | {"annotations": []})
    tested = {"scores": [[0.2, 0.8]] * 4, "labels": [[1, 0], [0, 1]] * 2, "places": [0, 1, 2, 3]}
    write(folder / "scores.txt", tested | {"label_names": NETWORK["label_names"]})
    write_configs(folder)
    weights = torch.load(folder / "detector.pth", weights_only=True)
    cfg = Config.fromstring(weights["meta"]["cfg"], ".py")
    for side in ("train", "val", "test"):
        cfg[f"{side}_dataloader"].dataset.update(data_root=str(folder), ann_file=f"{side}.json")
    (folder / "work/faster_rcnn/raw/seed0").mkdir(parents=True)
    torch.save(weights | {"meta": {"cfg": cfg.pretty_text}}, folder / "work/faster_rcnn/raw/seed0/weights.pth")
    (folder / "bundle.zip").write_bytes(bundle_of(folder / "work"))
    return {
        "folder": folder,
        "workflow": folder / "work",
        "bundle": folder / "bundle.zip",
        "image": folder / "images/1.png",
        "ann": folder / "test.json",
        "pred": folder / "pred.bbox",
        "labels": folder / "labels.txt",
        "scores": folder / "scores.txt",
        "search": folder / "search.py",
        "attention": folder / "attention.py",
        "classifier": folder / "classifier.pth",
        "colorizer": folder / "colorizer.pth",
        "detector": folder / "detector.pth",
    }


BUNDLES: list[bytes] = []
"""The first one that was made serves all tests: it knows nothing of where it was made."""


def bundle_of(workflow: Path) -> bytes:
    if not BUNDLES:
        with TemporaryDirectory() as folder:
            bundle.main([str(workflow), "--out", f"{folder}/bundle.zip", "--device", "cpu"])
            BUNDLES.append(Path(folder, "bundle.zip").read_bytes())
    return BUNDLES[0]


def write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))


def write_configs(folder: Path) -> None:
    """Write a config of a search, one of attention methods, and the weights that the commands load."""
    space = {"optim_wrapper.optimizer.lr": dict(type="float", low=0.1, high=1.0)}
    search = dict(monitor="auroc/mean", rule="greater", space=space)
    (folder / "search.py").write_text(f"_base_ = {str(ROOT / CLASSIFIER)!r}\nsearch = {search}\n")
    classifier = dict(type="AttentionClassifier", **NETWORK)
    (folder / "classifier_config.py").write_text(f"model = {classifier}\n")
    part = dict(config=str(folder / "classifier_config.py"), checkpoint="none.pth")
    keys = dict(
        enhancer=dict(type="Enhancer", attention=dict(type="CAWE"), classifier=part),
        methods={"CAWE": dict(type="CAWE")},
        evaluation=dict(region=8, steps=4, threshold=0.0, bootstrap=20),
    )
    (folder / "attention.py").write_text("".join(f"{key} = {value!r}\n" for key, value in keys.items()))
    torch.save(AttentionClassifier(**NETWORK).state_dict(), folder / "classifier.pth")
    for name, config in (("colorizer", COLORIZER), ("detector", DETECTOR)):
        (folder / f"{name}.pth").write_bytes(checkpoint_of(config))


@cache
def checkpoint_of(config: str) -> bytes:
    """A file with random weights of a config's model."""
    cfg = Config.fromfile(ROOT / config)
    file = io.BytesIO()
    torch.save({"state_dict": random_weights(cfg), "meta": {"cfg": cfg.pretty_text}}, file)
    return file.getvalue()
