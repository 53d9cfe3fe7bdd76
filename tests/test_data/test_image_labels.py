from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.dataset import default_collate
from mmengine.registry import DATASETS

from data.atomic import write_json
from data.coco import ImageRecord, records_to_coco
from data.image_labels import ImageLabelDataset, augment_gray
from data.images.image_io import write_image

NAMES = ["Opacity", "Edema", "Fracture"]
LABELS = [[1, 0, -1], [None, -1, 0], [0, 1, 1]]


@pytest.fixture
def root(tmp_path):
    rng = np.random.default_rng(0)
    records = []
    for i, labels in enumerate(LABELS):
        write_image(tmp_path / "images" / f"{i}.png", rng.integers(0, 256, (40, 60), dtype=np.uint8))
        records.append(ImageRecord(Path("x"), f"images/{i}.png", 60, 40, str(i), labels=labels))
    write_json(tmp_path / "train.json", records_to_coco(records, [], NAMES))
    return str(tmp_path)


def test_items_and_collation(root):
    dataset = DATASETS.build(dict(type="ImageLabelDataset", data_root=root, ann_file="train.json", image_size=32))
    assert len(dataset) == 3
    assert dataset.metainfo == {"label_names": NAMES}
    batch = default_collate([dataset[i] for i in range(3)])
    assert batch["inputs"].shape == (3, 1, 32, 32)
    assert batch["inputs"].dtype == torch.uint8
    assert batch["labels"].tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 1]]
    assert batch["mask"].tolist() == [[1, 1, 0], [0, 0, 1], [1, 1, 1]]
    assert batch["index"].tolist() == [0, 1, 2]


def test_chosen_labels_and_policies(root):
    dataset = ImageLabelDataset(
        root, "train.json", 16, ["Fracture", "Opacity"], policy={"Fracture": "ones"}, blank={"Opacity": "zeros"}
    )
    assert [dataset[i]["labels"].tolist() for i in range(3)] == [[1, 1], [0, 0], [1, 0]]
    assert [dataset[i]["mask"].tolist() for i in range(3)] == [[1, 1], [1, 1], [1, 1]]


def test_self_trained_predictions(root, tmp_path):
    predictions = np.arange(9).reshape(3, 3) / 10
    np.save(tmp_path / "predictions.npy", predictions)
    for given in (predictions, str(tmp_path / "predictions.npy")):
        dataset = ImageLabelDataset(root, "train.json", 16, policy="self_trained", predictions=given)
        np.testing.assert_allclose(dataset[0]["labels"], [1, 0, 0.2])
        np.testing.assert_allclose(dataset[1]["labels"], [0, 0.4, 0])
    with pytest.raises(ValueError, match="needs \\(3, 2\\)"):
        ImageLabelDataset(root, "train.json", 16, NAMES[:2], policy="self_trained", predictions=predictions)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.npy: no such file; tools/test\.py writes it"):
        ImageLabelDataset(root, "train.json", 16, policy="self_trained", predictions=str(tmp_path / "nowhere.npy"))


def test_resizing_averages(tmp_path):
    write_image(tmp_path / "a.png", np.kron([[0, 200], [100, 40]], np.ones((16, 16))).astype(np.uint8))
    checker = np.indices((64, 64)).sum(0) % 2 * 200
    write_image(tmp_path / "b.png", checker.astype(np.uint8))
    records = [ImageRecord(Path("x"), name, 1, 1, name, labels=[1]) for name in ("a.png", "b.png")]
    write_json(tmp_path / "train.json", records_to_coco(records, [], ["x"]))
    assert ImageLabelDataset(str(tmp_path), "train.json", 2)[0]["inputs"].tolist() == [[[0, 200], [100, 40]]]
    assert (ImageLabelDataset(str(tmp_path), "train.json", 16)[1]["inputs"] == 100).all()


def test_augmenting_follows_torch_seed(root):
    dataset = ImageLabelDataset(root, "train.json", 32, augment=True)
    plain = ImageLabelDataset(root, "train.json", 32)[0]["inputs"]
    drawn = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        drawn.append(dataset[0]["inputs"])
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0], plain)
    assert not torch.equal(dataset[0]["inputs"], dataset[0]["inputs"])


def test_workers_draw_differently(root):
    """Item 0 again and again, by two workers: no two are the same."""
    dataset = ImageLabelDataset(root, "train.json", 32, augment=True)
    torch.manual_seed(0)
    loader = torch.utils.data.DataLoader(dataset, sampler=[0] * 8, num_workers=2, collate_fn=default_collate)
    images = {batch["inputs"].numpy().tobytes() for batch in loader}
    assert len(images) == 8


def test_balanced_classes(tmp_path):
    """Five images of one class, two of the other: images, labels and predictions stay together."""
    classes, records = [0, 1, 0, 0, 1, 0, 0], []
    for i, label in enumerate(classes):
        write_image(tmp_path / f"{i}.png", np.full((8, 8), 10 * i, np.uint8))
        records.append(ImageRecord(Path("x"), f"{i}.png", 8, 8, str(i), labels=[1 - label, label]))
    write_json(tmp_path / "train.json", records_to_coco(records, [], ["a", "b"]))
    predictions = np.arange(14).reshape(7, 2) / 14
    kept = set()
    for seed in range(20):
        options = dict(balance=True, seed=seed, predictions=predictions)
        dataset = ImageLabelDataset(str(tmp_path), "train.json", 8, **options)
        items = [dataset[i] for i in range(len(dataset))]
        numbers = [int(item["inputs"][0, 0, 0]) // 10 for item in items]
        assert len(numbers) == 4
        assert [item["index"] for item in items] == numbers
        assert {1, 4} < set(numbers)
        assert [item["labels"].tolist() for item in items] == [[1 - classes[i], classes[i]] for i in numbers]
        assert dataset.predictions.tolist() == predictions[numbers].tolist()
        kept.add(tuple(numbers))
    assert len(kept) > 3
    assert len(ImageLabelDataset(str(tmp_path), "train.json", 8)) == 7


def test_augment_gray_parts():
    image = np.zeros((50, 60), np.uint8)
    image[10:20, 5:15] = 200
    still = dict(degrees=0, shift=0, scale=0, light=0)
    np.testing.assert_array_equal(augment_gray(image, np.random.default_rng(0), **still, flip=0), image)
    np.testing.assert_array_equal(augment_gray(image, np.random.default_rng(0), **still, flip=1), image[:, ::-1])
    moved = augment_gray(image, np.random.default_rng(0), degrees=0, shift=0.1, scale=0, light=0, flip=0)
    center = np.array(np.nonzero(moved > 100)).mean(axis=1)
    assert 0.5 < np.abs(center - [14.5, 9.5]).max() <= 6.5
    grown = augment_gray(image, np.random.default_rng(3), degrees=0, shift=0, scale=0.3, light=0, flip=0)
    assert (grown > 100).sum() != 100
    flat = np.full((8, 8), 100, np.uint8)
    lit = {int(augment_gray(flat, np.random.default_rng(i), 0, 0, 0, 0.2, 0).mean()) for i in range(20)}
    assert len(lit) > 5
    assert 74 <= min(lit) < max(lit) <= 126


def test_errors(root):
    with pytest.raises(ValueError, match="no label \\['Mass'\\]"):
        ImageLabelDataset(root, "train.json", 16, ["Mass"])
    write_json(Path(root) / "bare.json", {"images": [], "annotations": [], "categories": []})
    with pytest.raises(ValueError, match='bare.json: no "label_names"'):
        ImageLabelDataset(root, "bare.json", 16)
