"""tools/classification_report.py: from the test of a classifier to its report, and wrong calls."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope

from data.errors import UserError
from tests.paths import ROOT
from tools import classification_report as tool
from tools import test as test_tool

CONFIG = ROOT / "configs/enhance/classifier_demo.py"


@pytest.fixture(scope="module")
def trial(tmp_path_factory) -> Path:
    """Eight images of four patients, two labels, and an untrained checkpoint."""
    folder = tmp_path_factory.mktemp("trial")
    rng = np.random.default_rng(0)
    images = []
    for i in range(8):
        cv2.imwrite(str(folder / f"{i}.png"), rng.integers(0, 255, (32, 32), np.uint8))
        image = {"id": i, "file_name": f"{i}.png", "width": 32, "height": 32, "patient_id": f"p{i // 2}"}
        images.append(image | {"labels": [i % 2, None if i == 7 else int(i < 4)]})
    coco = {"images": images, "annotations": [], "categories": [], "label_names": ["No Finding", "Lung Opacity"]}
    for side in ("train", "test"):
        (folder / f"{side}.json").write_text(json.dumps(coco))
    cfg = Config.fromfile(CONFIG)
    init_default_scope(cfg.default_scope)
    torch.manual_seed(0)
    torch.save({"state_dict": MODELS.build(cfg.model).state_dict(), "meta": {}}, folder / "untrained.pth")
    return folder


def test_from_the_test_to_the_report(trial: Path, tmp_path: Path, capsys) -> None:
    roots = [f"{side}_dataloader.dataset.data_root={trial}" for side in ("train", "val", "test")]
    options = [*roots, "test_dataloader.num_workers=0", "test_dataloader.persistent_workers=False"]
    argv = [str(CONFIG), str(trial / "untrained.pth"), "--work-dir", str(tmp_path), "--cfg-options", *options]
    test_tool.main(argv)
    logged = json.loads(next(tmp_path.glob("*_*/*.json")).read_text())
    out = tmp_path / "report"
    pred = tmp_path / "test/predictions.json"
    tool.main(["--ann", str(trial / "test.json"), "--pred", str(pred), "--out", str(out), "--bootstrap", "20"])
    report = json.loads((out / "classification.json").read_text())
    assert report["num_images"] == 8 and report["num_groups"] == 4 and report["grouped_by"] == "patient"
    assert report["settings"] == {"kind": "auto", "threshold": 0.5, "bootstrap": 20, "seed": 0}
    assert report["inputs"] == {"ann": str(trial / "test.json"), "pred": str(pred)}
    opacity = report["labels"]["Lung Opacity"]
    assert (opacity["num_positive"], opacity["num_negative"]) == (4, 3)
    # The AUC of the report is that of the test.
    for name, entry in [*report["labels"].items(), ("mean", report["mean"])]:
        assert entry["auc"]["value"] == pytest.approx(logged[f"auroc/{name}"], abs=1e-6)
    printed = capsys.readouterr().out
    assert (out / "table.md").read_text() in printed and printed.rstrip().endswith(str(out / "index.html"))
    assert f"python tools/classification_report.py --ann {trial}/test.json" in (out / "index.html").read_text()


def test_a_report_on_the_images_that_chose_the_epoch_says_so(trial: Path, tmp_path: Path, capsys) -> None:
    cfg = Config.fromfile(CONFIG)
    cfg.val_dataloader.dataset.data_root = str(trial)
    checkpoint = torch.load(trial / "untrained.pth")
    torch.save(checkpoint | {"meta": {"cfg": cfg.pretty_text}}, tmp_path / "best.pth")
    argv = [str(CONFIG), str(tmp_path / "best.pth"), "--work-dir", str(tmp_path), "--cfg-options"]
    argv += [f"{side}_dataloader.dataset.data_root={trial}" for side in ("train", "val", "test")]
    argv += ["test_dataloader.num_workers=0", "test_dataloader.persistent_workers=False"]
    for name, said in (("test.json", True), ("train.json", False)):
        test_tool.main([*argv, f"test_dataloader.dataset.ann_file={name}"])
        assert ("these images chose the epoch" in capsys.readouterr().err) == said
        call = ["--ann", str(trial / name), "--pred", str(tmp_path / "test/predictions.json"), "--out", str(tmp_path)]
        tool.main([*call, "--bootstrap", "5"])
        assert ("These images chose the epoch" in (tmp_path / "index.html").read_text()) == said


def test_options_reach_the_numbers(trial: Path, tmp_path: Path) -> None:
    labels = [[i % 2, int(i < 4)] for i in range(8)]
    content = {"label_names": ["No Finding", "Lung Opacity"], "scores": [[0.6, 0.4]] * 8, "labels": labels}
    content["labels"][7][1] = None
    (tmp_path / "p.json").write_text(json.dumps(content))
    argv = ["--ann", str(trial / "test.json"), "--pred", str(tmp_path / "p.json"), "--out", str(tmp_path)]
    tool.main([*argv, "--threshold", "0.3", "--kind", "multi-label", "--bootstrap", "7", "--seed", "3"])
    report = json.loads((tmp_path / "classification.json").read_text())
    assert report["settings"] == {"kind": "multi-label", "threshold": 0.3, "bootstrap": 7, "seed": 3}
    assert report["labels"]["Lung Opacity"]["recall"]["value"] == 1.0


def test_wrong_calls(trial: Path, tmp_path: Path) -> None:
    good = {"label_names": ["No Finding"], "scores": [[0.5]] * 8, "labels": [[i % 2] for i in range(8)]}
    (tmp_path / "p.json").write_text(json.dumps(good))
    call = ["--ann", str(trial / "test.json"), "--pred", str(tmp_path / "p.json"), "--out", str(tmp_path / "out")]
    for change, message in [
        (["--pred", str(tmp_path / "gone.json")], "gone.json: no such predictions"),
        (["--ann", str(tmp_path / "gone.json")], "gone.json: no such annotation file"),
        (["--threshold", "2"], "threshold must be between 0 and 1"),
        (["--kind", "multi-class"], "one class for every image"),
        (["--out", str(tmp_path / "p.json")], "p.json is a file; give a folder"),
    ]:
        with pytest.raises(UserError, match=message):
            tool.main([*call, "--bootstrap", "2", *change])
    assert not (tmp_path / "out").exists()
