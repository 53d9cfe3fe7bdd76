"""Images without lesions are kept, classes come from the file, and a model that does not fit is named."""

import json
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from torch import nn

from data.errors import UserError
from detect.dataset import ClassCountHook, LesionDataset, check_class_count, coco_api, thickness


def write_set(folder: Path, categories: list[str], name: str = "train.json") -> Path:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images = []
    for i in range(1, 5):
        file_name = f"images/{i}.png"
        cv2.imwrite(str(folder / file_name), np.full((20, 30), 40 * i, np.uint8))
        images.append({"id": i, "file_name": file_name, "width": 30, "height": 20})
    boxes = [(2, 1, [5, 5, 10, 10]), (2, len(categories), [0, 0, 4, 6]), (4, 1, [1, 1, 20, 15])]
    coco = {
        "images": images,
        "annotations": [
            {"id": k, "image_id": i, "category_id": c, "bbox": b, "area": b[2] * b[3], "iscrowd": 0}
            for k, (i, c, b) in enumerate(boxes, 1)
        ],
        "categories": [{"id": k, "name": name} for k, name in enumerate(categories, 1)],
    }
    (folder / name).write_text(json.dumps(coco))
    return folder


def load(folder: Path, ann_file: str = "train.json") -> LesionDataset:
    return LesionDataset(ann_file=ann_file, data_root=str(folder), data_prefix=dict(img=""), pipeline=[])


def test_images_without_lesions_are_kept(tmp_path: Path) -> None:
    dataset = load(write_set(tmp_path, ["mass", "nodule"]))
    assert [len(dataset[i]["instances"]) for i in range(len(dataset))] == [0, 2, 0, 1]
    assert [box["bbox_label"] for box in dataset[1]["instances"]] == [0, 1]
    assert dataset[1]["instances"][0]["bbox"] == [5, 5, 15, 15]
    assert Path(dataset[3]["img_path"]) == tmp_path / "images/4.png"


def test_classes_and_ground_truth_come_from_the_annotation_file(tmp_path: Path) -> None:
    first, second = load(write_set(tmp_path / "a", ["Lung Opacity"])), load(write_set(tmp_path / "b", ["x", "y"]))
    assert first.metainfo["classes"] == ("Lung Opacity",) and second.metainfo["classes"] == ("x", "y")
    assert first.metainfo["ann_file"] == str(tmp_path / "a/train.json")


def test_a_missing_data_set_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere/train\.json.*tools/prepare_dataset\.py"):
        load(tmp_path / "nowhere")


def change(folder: Path, kind: str, place: int, name: str = "train.json", **changes) -> Path:
    coco = json.loads((folder / name).read_text())
    coco[kind][place] = {k: v for k, v in (coco[kind][place] | changes).items() if v is not ...}
    (folder / name).write_text(json.dumps(coco))
    return folder


@pytest.mark.parametrize(
    "changes", [{"area": 0}, {"area": ...}, {"id": 0}, {"id": ...}, {"id": 2}, {"image_id": "2"}, {"iscrowd": ...}]
)
def test_every_lesion_reaches_the_detector_and_the_metrics(tmp_path: Path, changes: dict) -> None:
    folder = change(write_set(tmp_path, ["mass", "nodule"]), "annotations", 0, **changes)
    dataset = load(folder)
    assert [len(dataset[i]["instances"]) for i in range(4)] == [0, 2, 0, 1]
    lesions = coco_api(dataset.metainfo["ann_file"]).loadAnns(coco_api(str(folder / "train.json")).getAnnIds())
    assert [lesion["id"] for lesion in lesions] == [1, 2, 3] and all(lesion["area"] > 0 for lesion in lesions)


@pytest.mark.parametrize(
    "wrong", [[200, 200, 20, 20], [5, 5, -3, 8], [5, 5, 0, 8], [5, 5, None, 8], [5, 5, 0.5, 8], [-7.5, 5, 8, 8]]
)
def test_a_lesion_that_would_be_dropped_is_refused(tmp_path: Path, wrong: list) -> None:
    with pytest.raises(UserError, match=r"train\.json.*(outside|box|thinner)"):
        load(change(write_set(tmp_path, ["mass"]), "annotations", 1, bbox=wrong))


@pytest.mark.parametrize("same", ["{folder}/images/1.png", "images/../images/1.png", "./images/1.png"])
def test_an_image_under_two_names_is_refused(tmp_path: Path, same: str) -> None:
    write_set(tmp_path, ["mass"])
    with pytest.raises(UserError, match=r"train\.json.*(1 images twice, the first is .*1\.png|are used twice)"):
        load(change(tmp_path, "images", 1, file_name=same.format(folder=tmp_path)))


def test_thickness_is_of_what_lies_inside() -> None:
    boxes = [(1, 2, 3, 4), (-2, 0, 5, 9), (0, -3.5, 9, 4), (98, 1, 9, 9), (1, 49.25, 9, 9), (-5, -5, 200, 200)]
    assert [thickness(box, (100, 50)) for box in boxes] == [3, 3, 0.5, 2, 0.75, 50]


@pytest.mark.parametrize("kept", [0, 3])
def test_training_without_any_lesion_is_refused(tmp_path: Path, kept: int) -> None:
    """No annotation at all, or marked regions only."""
    write_set(tmp_path, ["mass"])
    coco = json.loads((tmp_path / "train.json").read_text())
    coco["annotations"] = [annotation | {"iscrowd": 1} for annotation in coco["annotations"][:kept]]
    (tmp_path / "train.json").write_text(json.dumps(coco))
    with pytest.raises(UserError, match="train.json: no image has a lesion, so there is nothing to learn"):
        load(tmp_path)
    testing = dict(ann_file="train.json", data_root=str(tmp_path), data_prefix=dict(img=""), pipeline=[])
    assert len(LesionDataset(**testing, test_mode=True)) == 4


@pytest.mark.parametrize("size", [(2000, 20), (1, 60), (20000, 20)])
def test_a_strip_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    cv2.imwrite(str(write_set(tmp_path, ["mass"]) / "images/1.png"), np.zeros(size[::-1], np.uint8))
    coco = json.loads((tmp_path / "train.json").read_text())
    coco["images"][0] |= {"width": size[0], "height": size[1]}
    (tmp_path / "train.json").write_text(json.dumps(coco))
    with pytest.raises(UserError, match=rf"images/1.png has {size[0]} x {size[1]} pixels, a strip"):
        load(tmp_path)


def test_images_that_are_missing_or_of_another_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"images/2\.png has 30 x 20 pixels, its annotation file says 60 x 40"):
        load(change(write_set(tmp_path / "a", ["mass"]), "images", 1, width=60, height=40))
    folder = write_set(tmp_path / "b", ["mass"])
    (folder / "images/3.png").unlink()
    with pytest.raises(UserError, match=r"images/3\.png is not there"):
        load(folder)
    (folder / "train.json").write_text(json.dumps({"images": [], "annotations": [], "categories": []}))
    with pytest.raises(UserError, match=r"train\.json has no images"):
        load(folder)


class Detector(nn.Module):
    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.roi_head = nn.Module()
        self.roi_head.bbox_head = nn.Linear(1, 1)
        self.roi_head.bbox_head.num_classes = num_classes


def test_a_model_with_other_classes_is_refused_with_the_key_to_set() -> None:
    check_class_count(Detector(2), ("a", "b"), "train.json")
    wrapped = nn.ModuleDict({"module": Detector(1)})  # as DistributedDataParallel names it
    for model in (Detector(1), wrapped):
        with pytest.raises(ValueError, match=r"train\.json.*set model\.roi_head\.bbox_head\.num_classes=2"):
            check_class_count(model, ("a", "b"), "train.json")


def runner(train: LesionDataset, val: LesionDataset) -> SimpleNamespace:
    """The attributes of a runner that the hook reads, around real data sets."""
    loaders = {"train_dataloader": SimpleNamespace(dataset=train), "val_dataloader": SimpleNamespace(dataset=val)}
    return SimpleNamespace(model=Detector(2), val_loop=object(), **loaders)


def test_train_and_validation_need_the_same_classes_in_the_same_order(tmp_path: Path) -> None:
    train = load(write_set(tmp_path, ["a", "b"]))
    same = load(write_set(tmp_path, ["a", "b"], "test.json"), "test.json")
    ClassCountHook().before_train(runner(train, same))
    other = load(write_set(tmp_path, ["b", "a"], "test.json"), "test.json")
    with pytest.raises(ValueError, match=r"test\.json has the categories \('b', 'a'\)"):
        ClassCountHook().before_train(runner(train, other))
