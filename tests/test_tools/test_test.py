"""tools/test.py: predictions for the FROC report, pictures, mirror images, and wrong calls."""

import json
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope

from data.errors import UserError
from detect.froc.detections import read_results
from detect.froc.evaluation import evaluate
from detect.froc.ground_truth import read_ground_truth
from detect.froc.settings import FrocSettings
from detect.froc.system import match_results
from tests.paths import ROOT
from tools import test as tool

DEMO = ROOT / "configs/detect/faster_rcnn_demo.py"
OTHER = ROOT / "configs/detect/retinanet_demo.py"


@pytest.fixture(scope="module")
def trial(tmp_path_factory) -> Path:
    """Three images, one of them without a lesion, and an untrained checkpoint."""
    folder = tmp_path_factory.mktemp("trial")
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for i in (1, 2, 3):
        cv2.imwrite(str(folder / f"{i}.png"), rng.integers(0, 255, (48, 64), np.uint8))
        images.append({"id": i, "file_name": f"{i}.png", "width": 64, "height": 48})
        if i < 3:
            box = {"id": i, "image_id": i, "category_id": 5, "bbox": [8, 8, 30, 30], "area": 900, "iscrowd": 0}
            annotations.append(box)
    coco = {"images": images, "annotations": annotations, "categories": [{"id": 5, "name": "lesion"}]}
    (folder / "test.json").write_text(json.dumps(coco))
    cfg = Config.fromfile(DEMO)
    init_default_scope(cfg.default_scope)
    torch.manual_seed(0)
    torch.save({"state_dict": MODELS.build(cfg.model).state_dict(), "meta": {}}, folder / "untrained.pth")
    return folder


def options(folder: Path) -> list[str]:
    loader = "test_dataloader"
    return [
        "--cfg-options",
        f"{loader}.dataset.data_root={folder}",
        f"{loader}.num_workers=0",
        f"{loader}.persistent_workers=False",
        "default_hooks.visualization.score_thr=0.0",
    ]


def test_predictions_pictures_and_pickle(trial: Path, tmp_path: Path) -> None:
    pkl, show = tmp_path / "raw.pkl", tmp_path / "show"
    argv = [str(DEMO), str(trial / "untrained.pth"), "--work-dir", str(tmp_path / "work"), "--out", str(pkl)]
    tool.main([*argv, "--show-dir", str(show), *options(trial)])
    results = list(read_results(tmp_path / "work/test/predictions.bbox.json"))
    assert results and {r["category_id"] for r in results} == {5} and {r["image_id"] for r in results} <= {1, 2, 3}
    assert sorted(p.name for p in show.iterdir()) == ["1.png", "2.png", "3.png"]
    assert len(pickle.loads(pkl.read_bytes())) == 3
    # The numbers logged are those of a report on the file.
    logged = json.loads(next(tmp_path.glob("work/*_*/*.json")).read_text())
    truth = read_ground_truth(trial / "test.json")
    settings = FrocSettings(bootstrap=1)
    system = evaluate(truth, {"x": match_results(truth, results, settings)}, settings)["systems"]["x"]
    assert {k: logged[f"froc/sens@{k}"] for k in "1234"} == {k: p["value"] for k, p in system["sens_at"].items()}


def test_images_without_lesions_are_counted_where_that_is_meant(trial: Path, tmp_path: Path) -> None:
    coco = json.loads((trial / "test.json").read_text()) | {"annotations": []}
    (trial / "empty.json").write_text(json.dumps(coco))
    argv = [str(DEMO), str(trial / "untrained.pth"), "--work-dir", str(tmp_path), *options(trial)]
    argv.append("test_dataloader.dataset.ann_file=empty.json")
    with pytest.raises(UserError, match="no image has a lesion"):
        tool.main(argv)
    tool.main([*argv[:2], "--lesion-free", *argv[2:]])
    boxes = len(list(read_results(tmp_path / "test/predictions.bbox.json")))
    logged = [json.loads(file.read_text()) for file in tmp_path.glob("*_*/*.json") if file.read_text()]
    assert boxes > 0 and [run["froc/boxes_per_image"] for run in logged] == [boxes / 3]
    with pytest.raises(UserError, match="should have no lesion"):
        tool.main([*argv[:2], "--lesion-free", *argv[2:-1]])


def test_mirror_images_give_mirrored_detections_too(trial: Path, tmp_path: Path) -> None:
    """With --tta an image and its mirror image give the same boxes, mirrored."""
    for i in (1, 2, 3):
        cv2.imwrite(str(trial / f"mirror{i}.png"), cv2.imread(str(trial / f"{i}.png"))[:, ::-1])
    coco = json.loads((trial / "test.json").read_text())
    for image in coco["images"]:
        image["file_name"] = f"mirror{image['file_name']}"
    (trial / "mirror.json").write_text(json.dumps(coco))
    boxes = {}
    for name in ("test", "mirror"):
        work = tmp_path / name
        argv = [str(DEMO), str(trial / "untrained.pth"), "--work-dir", str(work), "--tta", *options(trial)]
        tool.main([*argv, f"test_dataloader.dataset.ann_file={name}.json"])
        results = list(read_results(work / "test/predictions.bbox.json"))
        boxes[name] = [sorted((r["score"], r["bbox"]) for r in results if r["image_id"] == i)[-5:] for i in (1, 2, 3)]
    assert all(boxes["test"])
    for plain, mirrored in zip(boxes["test"], boxes["mirror"], strict=True):
        for (score, (x, y, w, h)), (other_score, other) in zip(plain, mirrored, strict=True):
            assert score == pytest.approx(other_score, abs=1e-4)
            np.testing.assert_allclose(other, [64 - x - w, y, w, h], atol=0.05)


def test_wrong_calls_say_what_is_missing(trial: Path, tmp_path: Path) -> None:
    checkpoint = str(trial / "untrained.pth")
    bare = tmp_path / "bare.py"
    bare.write_text("test_evaluator = dict(type='X')\ndefault_hooks = dict()\n")
    for argv, message in [
        (["configs/nowhere.py", checkpoint], "configs/nowhere.py: no such config file"),
        ([str(DEMO), "gone.pth"], "gone.pth: no such checkpoint"),
        ([str(DEMO), checkpoint, "--out", "x.json"], "suffix .pkl"),
        ([str(bare), checkpoint, "--show-dir", "d"], "--show-dir needs default_hooks.visualization"),
        ([str(bare), checkpoint, "--tta"], "--tta needs tta_model"),
        ([str(bare), checkpoint, "--lesion-free"], "--lesion-free needs a FROCMetric"),
        ([str(DEMO), checkpoint, "--work-dir", str(tmp_path), *options(tmp_path / "gone")], "gone/test.json: no such"),
        (
            [str(OTHER), checkpoint, "--work-dir", str(tmp_path), *options(trial)],
            "does not fit the model of",
        ),
    ]:
        with pytest.raises(UserError, match=message):
            tool.main(argv)


def test_categories_in_another_order_than_the_training_had_are_refused(trial: Path, tmp_path: Path) -> None:
    checkpoint = torch.load(trial / "untrained.pth")
    argv = [str(DEMO), str(tmp_path / "trained.pth"), "--work-dir", str(tmp_path / "work"), *options(trial)]
    for classes in (("mass",), ("lesion", "mass")):
        torch.save(checkpoint | {"meta": {"dataset_meta": {"classes": classes}}}, tmp_path / "trained.pth")
        with pytest.raises(UserError, match=r"on the classes .*mass.*, the data set has \['lesion'\].*test.json"):
            tool.main(argv)
    torch.save(checkpoint | {"meta": {"dataset_meta": {"classes": ("lesion",)}}}, tmp_path / "trained.pth")
    tool.main(argv)


def persons(folder: Path, name: str, *names: str) -> Path:
    """The test set again, of other persons."""
    coco = json.loads((folder / "test.json").read_text())
    coco["images"] = [image | {"patient_id": person} for image, person in zip(coco["images"], names, strict=True)]
    (folder / name).write_text(json.dumps(coco))
    return folder / name


def test_persons_that_were_trained_on_are_not_tested(trial: Path, tmp_path: Path, capsys) -> None:
    checkpoint, file = torch.load(trial / "untrained.pth"), tmp_path / "trained.pth"
    dataset = dict(data_root=str(trial), ann_file="trained.json")
    cfg = Config(dict(train_dataloader=dict(dataset=dict(type="RepeatDataset", dataset=dataset)))).pretty_text
    torch.save(checkpoint | {"meta": {"cfg": cfg}}, file)
    persons(trial, "trained.json", "a", "b", "c")
    persons(trial, "other.json", "d", "e", "f")
    persons(trial, "shared.json", "d", "b", "f")

    def run(name: str) -> None:
        argv = [str(DEMO), str(file), "--work-dir", str(tmp_path / "work"), *options(trial)]
        tool.main([*argv, f"test_dataloader.dataset.ann_file={name}"])

    with pytest.raises(UserError, match=r"1 persons are in both .*trained\.json and .*shared\.json, the first is b"):
        run("shared.json")
    for name in ("other.json", "test.json"):
        run(name)
        assert "trained on" not in capsys.readouterr().err
    run("trained.json")
    assert "warning: this checkpoint was trained on these images" in capsys.readouterr().err
    (trial / "trained.json").unlink()  # the training data are elsewhere
    run("shared.json")
