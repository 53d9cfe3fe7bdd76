"""tools/workflow/show_enhancement.py: the picture, its caption, and how far the maps lie in the boxes."""

import json

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import MODELS

from data.errors import UserError
from enhance.recipe import load_recipe, save_recipe
from tests.paths import ROOT
from tools.workflow import show_enhancement as tool

BACKBONE = dict(model_name="resnet10t", in_chans=1)
MODEL = dict(
    type="AttentionClassifier", backbone=BACKBONE, mean=[0.5], std=[0.2], label_names=["Lesion"], input_size=64
)


@pytest.fixture(autouse=True)
def _in_the_checkout(monkeypatch):
    monkeypatch.chdir(ROOT)  # recipes name configs from there


@pytest.fixture
def folder(tmp_path):
    """A trained-looking classifier with its config, and a data set of three images, two of them with boxes."""
    (tmp_path / "model.py").write_text(f"model = {MODEL!r}")
    torch.save(dict(state_dict=MODELS.build(MODEL).state_dict()), tmp_path / "epoch_1.pth")
    images = []
    for index in range(3):
        image = np.random.default_rng(index).integers(0, 256, (50, 60), dtype=np.uint8)
        (tmp_path / "src/images").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / f"src/images/{index}.png"), image)
        images.append(dict(id=index, file_name=f"images/{index}.png", width=60, height=50))
    boxes = [dict(id=i, image_id=i, category_id=1, bbox=[0, 0, 30, 50], area=1500, iscrowd=0) for i in range(2)]
    coco = dict(images=images, annotations=boxes, categories=[dict(id=1, name="x")])
    (tmp_path / "src/test.json").write_text(json.dumps(coco))
    return tmp_path


@pytest.fixture
def bundle(folder):
    part = "enhancer.classifier"
    options = {f"{part}.config": f"{folder}/model.py", f"{part}.checkpoint": f"{folder}/epoch_1.pth"}
    return save_recipe(load_recipe("configs/enhance/cawe.py", options), folder / "bundle", copy_weights=True)


def test_picture_caption_and_numbers(folder, bundle, capsys):
    tool.main([str(bundle), str(folder / "src"), "--out", str(folder / "out"), "--device", "cpu"])
    measured = json.loads((folder / "out.json").read_text())
    assert measured["images"] == 2
    assert measured["area_of_boxes"] == pytest.approx(0.5)
    assert measured["ratio"] == pytest.approx(measured["energy_in_boxes"] / 0.5)
    low, high = measured["ratio_ci95"]
    assert low <= measured["ratio"] <= high and low < high
    assert capsys.readouterr().out == (folder / "out.txt").read_text()
    picture = cv2.imread(str(folder / "out.png"))
    assert picture.shape[1] > picture.shape[0] > 300  # two rows of three columns
    color = np.ptp(picture.astype(int), axis=2).mean(0)
    gray, attention, fused = (part.mean() for part in np.array_split(color, 3))
    assert attention > 2 * max(gray, fused) > 0  # the map is in jet, only the boxes of the others have a color


def test_images_of_one_person_are_drawn_together(folder, bundle):
    path = folder / "src/test.json"
    coco = json.loads(path.read_text())
    for image in coco["images"]:
        image["patient_id"] = "the same"
    path.write_text(json.dumps(coco))
    tool.main([str(bundle), str(folder / "src"), "--out", str(folder / "out"), "--device", "cpu"])
    measured = json.loads((folder / "out.json").read_text())
    assert measured["ratio_ci95"] == pytest.approx([measured["ratio"]] * 2)  # every resample is the set


def test_a_recipe_without_networks_is_shown_too(folder, capsys):
    tool.main(["configs/enhance/gamma.py", str(folder / "src"), "--out", str(folder / "out")])
    assert cv2.imread(str(folder / "out.png")) is not None and not (folder / "out.json").exists()
    assert "attention" not in capsys.readouterr().out


@pytest.mark.parametrize("annotations", [[], [dict(id=0, image_id=0, category_id=1, bbox=[0, 0, 30, 50], iscrowd=1)]])
def test_no_lesion_is_an_error(folder, annotations):
    coco = json.loads((folder / "src/test.json").read_text()) | {"annotations": annotations}
    (folder / "src/test.json").write_text(json.dumps(coco))
    with pytest.raises(UserError, match="test.json lists no image with a lesion box"):
        tool.main(["configs/enhance/gray.py", str(folder / "src"), "--out", str(folder / "out")])


@pytest.mark.parametrize("recipe", ["bundle/recipe.py", None])
def test_an_image_of_another_size_than_its_boxes_is_refused(folder, bundle, recipe):
    cv2.imwrite(str(folder / "src/images/1.png"), np.zeros((25, 30), np.uint8))
    used = str(folder / recipe) if recipe else "configs/enhance/gamma.py"
    with pytest.raises(UserError, match="1.png has 30 x 25 pixels, its annotation file says 60 x 50"):
        tool.main([used, str(folder / "src"), "--out", str(folder / "out"), "--device", "cpu"])
    assert not (folder / "out.png").exists()
