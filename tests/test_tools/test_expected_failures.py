"""Whatever a user can get wrong about files ends in one line and exit code 2, in every command."""

import json
import logging
from importlib import import_module
from pathlib import Path
from string import Formatter

import cv2
import numpy as np
import pytest

from tests.paths import ROOT
from tests.test_tools.test_help import commands
from tools.command_line.run import FAILED, run

DETECTOR = "configs/detect/faster_rcnn_demo.py"
CLASSIFIER = "configs/enhance/classifier_demo.py"
SMALL = "data_root={folder}"
COMMANDS = {
    "enhance_dataset": "configs/enhance/jet.py {folder} {out} --workers 0 --device cpu",
    "colorize": "configs/enhance/color.py {image} --out {out} --checkpoint {checkpoint} --device cpu",
    "evaluate_attention": "configs/enhance/attention_lite.py --out {out} --device cpu --cfg-options "
    "enhancer.classifier.checkpoint={checkpoint} evaluation.data_root={folder} evaluation.ann_file=test.json",
    "visualize_attention": "configs/enhance/attention_lite.py {image} --out {out} --device cpu --cfg-options "
    "enhancer.classifier.checkpoint={checkpoint}",
    "evaluate_colorizer": "configs/colorize_gan/demo.py a={checkpoint} --out {out} --device cpu --cfg-options "
    "train_dataloader.dataset.data_root={folder} test_dataloader.dataset.data_root={folder} "
    "train_dataloader.batch_size=2",
    "froc_report": "--ann {ann} --pred a={pred} --out {out} --bootstrap 20",
    "table1_report": "--ann {ann} --pred d/a={pred} d/b={pred} --out {out} --bootstrap 20",
    "classification_report": "--ann {labels} --pred {scores} --out {out} --bootstrap 20",
    "search": "{search} --trials 1 --work-dir {out} --cfg-options train_dataloader.dataset.data_root={folder}",
    "train": f"{DETECTOR} --work-dir {{out}} --cfg-options train_dataloader.dataset.data_root={{folder}} "
    "val_dataloader.dataset.data_root={folder} train_cfg.max_epochs=0",
    "test": f"{DETECTOR} {{checkpoint}} --work-dir {{out}} --cfg-options test_dataloader.dataset.data_root={{folder}}",
    "prepare_dataset": "box_labels {folder} {out} --workers 0",
    "workflow.bundle_recipe": "configs/enhance/color_cawe_lite.py {out} --cfg-options "
    "enhancer.classifier.checkpoint={checkpoint} enhancer.colorizer.checkpoint={checkpoint}",
    "workflow.learning_curve_report": "--ann {ann} --train {ann} --out {out} --bootstrap 20 "
    "--pred 2/a={pred} 2/b={pred} 4/a={pred} 4/b={pred}",
    "workflow.list_negatives": "{ann} --categories {ann} --out {out}.json",
    "workflow.show_enhancement": "configs/enhance/jet.py {folder} --out {out} --device cpu",
    "workflow.split_folds": "{ann} --folds 2 --out {out}",
    "workflow.take_subset": "{ann} --size 2 --out {out}.json",
    "workflow.train_stage": f"{DETECTOR} --work-dir {{out}}",
    "workflow.make_phantom": "{out} --rsna 1 --chexpert 0 --color 0 --size 64 --workers 0",
}
"""Each with everything right but what a test puts in the place of one file, folder or output."""
NO_FILES = {"workflow.on_free_gpu"}
"""It runs another command and knows no files."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files that are right: a data set of four images, its predictions, labels and scores."""
    folder = tmp_path_factory.mktemp("good")
    (folder / "images").mkdir()
    rng = np.random.default_rng(0)
    images, boxes = [], []
    for number in range(1, 5):
        name = f"images/{number}.png"
        cv2.imwrite(str(folder / name), rng.integers(0, 255, (40, 40), np.uint8))
        images.append({"id": number, "file_name": name, "width": 40, "height": 40, "patient_id": f"p{number}"})
        boxes.append({"id": number, "image_id": number, "category_id": 1, "bbox": [4, 4, 20, 20], "area": 400})
    coco = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "Lung Opacity"}]}
    for name in ("train.json", "test.json", "val.json"):
        (folder / name).write_text(json.dumps(coco))
    found = [{"image_id": i, "category_id": 1, "bbox": [4, 4, 20, 20], "score": 0.5} for i in (1, 2)]
    (folder / "pred.bbox").write_text(json.dumps(found))
    labeled = [image | {"labels": [number % 2, 1 - number % 2]} for number, image in enumerate(images)]
    names = {"label_names": ["No Finding", "Lung Opacity"]}
    (folder / "labels.txt").write_text(json.dumps(coco | {"images": labeled, "annotations": []} | names))
    scores = names | {"scores": [[0.2, 0.8]] * 4, "labels": [[0, 1], [1, 0]] * 2, "places": [0, 1, 2, 3]}
    (folder / "scores.txt").write_text(json.dumps(scores))
    (folder / "checkpoint.pth").write_bytes(b"no checkpoint")
    space = {"optim_wrapper.optimizer.lr": dict(type="float", low=0.1, high=1.0)}
    search = dict(monitor="auroc/mean", rule="greater", space=space)
    (folder / "search.py").write_text(f"_base_ = {str(ROOT / CLASSIFIER)!r}\nsearch = {search}\n")
    return {
        "search": folder / "search.py",
        "folder": folder,
        "image": folder / "images/1.png",
        "ann": folder / "test.json",
        "pred": folder / "pred.bbox",
        "labels": folder / "labels.txt",
        "scores": folder / "scores.txt",
        "checkpoint": folder / "checkpoint.pth",
    }


def needs(command: str) -> list[str]:
    """What a command reads."""
    names = {name for _, name, _, _ in Formatter().parse(COMMANDS[command]) if name}
    return sorted(names - {"out"})


def call(command: str, places: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture) -> str:
    """Run a command in process as its file does, and give the line that it ends with."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(logging, "raiseExceptions", False)  # loggers of earlier tests write to closed streams
    main = import_module(f"tools.{command}").main
    capfd.readouterr()
    with pytest.raises(SystemExit) as end:
        run(lambda: main(COMMANDS[command].format(**places).split()))
    assert end.value.code == FAILED, capfd.readouterr().err[-2000:]
    error = capfd.readouterr().err
    assert "Traceback" not in error
    (line, *_) = [line for line in error.splitlines() if "error: " in line] or [error]
    assert "error: " in line
    return line


def test_every_command_is_tried_here() -> None:
    names = {path.removeprefix("tools/").removesuffix(".py").replace("/", ".") for path in commands()}
    assert set(COMMANDS) | NO_FILES == names


READS = [
    (command, place)
    for command in COMMANDS
    for place in needs(command)
    if place == "checkpoint" or "checkpoint" not in needs(command)  # which is none, and found out first
]


@pytest.mark.parametrize(("command", "place"), READS)
def test_a_path_that_is_not_there(command, place, good, tmp_path, monkeypatch, capfd):
    missing = tmp_path / "not_there"
    assert "not_there" in call(command, good | {place: missing, "out": tmp_path / "out"}, monkeypatch, capfd)


@pytest.mark.parametrize(("command", "place"), [pair for pair in READS if pair[1] == "folder"])
def test_a_file_in_place_of_a_folder(command, place, good, tmp_path, monkeypatch, capfd):
    file = tmp_path / "a_file"
    file.write_text("text")
    assert "a_file" in call(command, good | {place: file, "out": tmp_path / "out"}, monkeypatch, capfd)


@pytest.mark.parametrize(("command", "place"), [pair for pair in READS if pair[1] not in ("folder", "image", "search")])
def test_a_file_that_is_cut_off(command, place, good, tmp_path, monkeypatch, capfd):
    cut = tmp_path / "cut_off.json"
    content = good[place].read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    assert "cut_off" in call(command, good | {place: cut, "out": tmp_path / "out"}, monkeypatch, capfd)


@pytest.mark.parametrize("command", COMMANDS)
def test_an_output_that_cannot_be_written(command, good, tmp_path, monkeypatch, capfd):
    (tmp_path / "a_file").write_text("text")
    call(command, good | {"out": tmp_path / "a_file/out"}, monkeypatch, capfd)
    assert (tmp_path / "a_file").read_text() == "text"
