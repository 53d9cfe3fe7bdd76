"""`benchmarks/carry.py`: smaller images with their boxes, and weights without what inference needs not."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from benchmarks.carry import main
from data.atomic import write_json
from data.coco_file.read import load_coco


@pytest.fixture
def coco_folder(tmp_path: Path) -> Path:
    """Three images of 64 x 128 (height, width), a box in each."""
    folder = tmp_path / "large"
    names = [f"images/{i}.png" for i in range(3)]
    for i, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), np.full((64, 128), 50 * i, np.uint8))
    images = [{"id": i, "file_name": name, "width": 128, "height": 64} for i, name in enumerate(names)]
    boxes = [{"id": i, "image_id": i, "category_id": 1, "bbox": [8, 4, 20, 10], "area": 200} for i in range(3)]
    write_json(
        folder / "train.json", {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "lesion"}]}
    )
    return folder


def test_images_and_boxes_are_scaled_alike(coco_folder: Path, tmp_path: Path) -> None:
    main(["images", str(coco_folder), str(tmp_path / "small"), "--ann", "train.json", "--side", "32"])
    coco = load_coco(tmp_path / "small/train.json")
    assert [(image["width"], image["height"]) for image in coco["images"]] == [(64, 32)] * 3
    assert [annotation["bbox"] for annotation in coco["annotations"]] == [[4, 2, 10, 5]] * 3
    assert [annotation["area"] for annotation in coco["annotations"]] == [50] * 3
    for i, image in enumerate(coco["images"]):
        pixels = cv2.imread(str(tmp_path / "small" / image["file_name"]), cv2.IMREAD_UNCHANGED)
        assert pixels.shape == (32, 64)
        assert abs(pixels.astype(int) - 50 * i).max() <= 2  # as a JPEG has it


def test_a_smaller_image_stays_and_a_limit_leaves_out_boxes(coco_folder: Path, tmp_path: Path) -> None:
    options = ["--ann", "train.json", "--side", "100", "--limit", "2"]
    main(["images", str(coco_folder), str(tmp_path / "same"), *options])
    coco = load_coco(tmp_path / "same/train.json")
    assert [(image["id"], image["width"]) for image in coco["images"]] == [(0, 128), (2, 128)]
    assert [(box["image_id"], box["bbox"]) for box in coco["annotations"]] == [(0, [8, 4, 20, 10]), (2, [8, 4, 20, 10])]


def test_weights_of_inference_at_half_precision(tmp_path: Path) -> None:
    names = ("generator.conv.weight", "discriminator.conv.weight", "feature_extractor.conv.weight")
    state = {name: torch.rand(3, 2) for name in names} | {"generator.norm.running_var": torch.tensor([1e-9, 1e9])}
    torch.save({"state_dict": state, "optimizer": {"large": 1}}, tmp_path / "epoch_1.pth")
    main(["weights", str(tmp_path / "epoch_1.pth"), str(tmp_path / "weights.pth")])
    kept = torch.load(tmp_path / "weights.pth", weights_only=True)["state_dict"]
    assert set(kept) == {"generator.conv.weight", "generator.norm.running_var"}
    assert kept["generator.conv.weight"].dtype == torch.float16
    assert torch.equal(kept["generator.norm.running_var"], state["generator.norm.running_var"])
