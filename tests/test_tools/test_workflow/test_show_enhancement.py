"""`tools/workflow/bundle_recipe.py` and `tools/workflow/show_enhancement.py` as a user runs them."""

import json
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import MODELS

import enhance.register  # noqa: F401 - registers the classifier
from tests.paths import ROOT

BACKBONE = dict(model_name="resnet10t", pretrained=False, in_chans=1)
MODEL = dict(
    type="AttentionClassifier", backbone=BACKBONE, mean=[0.5], std=[0.2], label_names=["Lesion"], input_size=64
)


def run(tool, *arguments):
    command = [sys.executable, str(ROOT / "tools" / tool), *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, env=environment)


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


def test_bundle_then_show(folder):
    part = "enhancer.classifier"
    options = [f"{part}.config={folder}/model.py", f"{part}.checkpoint={folder}/epoch_1.pth"]
    result = run("workflow/bundle_recipe.py", "configs/enhance/cawe.py", folder / "bundle", "--cfg-options", *options)
    assert result.returncode == 0, result.stderr
    assert sorted(path.name for path in (folder / "bundle").iterdir()) == ["classifier.pth", "recipe.py"]
    assert str(folder) not in (folder / "bundle/recipe.py").read_text()

    result = run(
        "workflow/show_enhancement.py",
        folder / "bundle/recipe.py",
        folder / "src",
        "--out",
        folder / "out",
        "--device",
        "cpu",
    )
    assert result.returncode == 0, result.stderr
    measured = json.loads((folder / "out.json").read_text())
    assert measured["images"] == 2
    assert measured["area_of_boxes"] == pytest.approx(0.5)
    assert measured["ratio"] == pytest.approx(measured["energy_in_boxes"] / 0.5)
    low, high = measured["ratio_ci95"]
    assert low <= measured["ratio"] <= high
    assert result.stdout.endswith((folder / "out.txt").read_text())
    picture = cv2.imread(str(folder / "out.png"))
    assert picture.shape[1] > picture.shape[0] > 300  # two rows of three columns
    color = np.ptp(picture.astype(int), axis=2).mean(0)
    gray, attention, fused = (part.mean() for part in np.array_split(color, 3))
    assert attention > 2 * max(gray, fused) > 0  # the map is in jet, only the boxes of the others have a color


def test_no_boxes_is_an_error(folder):
    coco = json.loads((folder / "src/test.json").read_text()) | {"annotations": []}
    (folder / "src/test.json").write_text(json.dumps(coco))
    result = run("workflow/show_enhancement.py", "configs/enhance/gray.py", folder / "src", "--out", folder / "out")
    assert result.returncode == 1
    assert "test.json" in result.stderr
    assert "Traceback" not in result.stderr
