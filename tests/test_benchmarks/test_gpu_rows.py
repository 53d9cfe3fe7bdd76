"""`benchmarks/gpu_rows.py`: the order of the rows, what waits for what, and that a row is begun only if it fits."""

import json
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from benchmarks import gpu_rows
from benchmarks.gpu_rows import WORKFLOW, Rows, rows, run_all
from data.atomic import write_json
from tools.workflow.planning.plan import Plan
from tools.workflow.planning.workflow_file import read_workflow

VARIANTS = ("raw", "color_cawe", "cawe")


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Of nih_lesions, its paths below an empty folder."""
    content = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return Plan(read_workflow(content))


class Fake(Rows):
    """Notes the commands, and leaves what each would have written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands: list[tuple[str, list[str]]] = []
        self.write = threading.Lock()

    def call(self, name: str, *command: str | Path) -> float:
        words = [str(word) for word in command]
        with self.write:
            self.commands.append((name, words))
        if "--work-dir" in words:
            folder = Path(words[words.index("--work-dir") + 1])
            if words[0] == "tools/train.py":
                folder.mkdir(parents=True, exist_ok=True)
                torch.save({"state_dict": {"network.weight": torch.ones(2, 2)}}, folder / "best_epoch_1.pth")
                (folder / "last_checkpoint").write_text(f"{folder}/epoch_1.pth")
            else:
                found = [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 8, 8], "score": 0.5}]
                write_json(folder / "test/predictions.bbox.json", found)
        return 1.0


@pytest.fixture
def work(plan: Plan, tmp_path: Path) -> Fake:
    images = [{"id": 1, "file_name": "1.jpg", "width": 32, "height": 32}]
    boxes = [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 8, 8], "iscrowd": 0}]
    truth = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "lesion"}]}
    write_json(tmp_path / "carried/lesions/lesions_test.json", truth)
    files = {"json": tmp_path / "out/gpu.json", "predictions": tmp_path / "out/predictions.zip"}
    folders = {"carried": tmp_path / "carried", "work": tmp_path / "work"}
    return Fake(plan=plan, **folders, **files, end=time.monotonic() + 100, first=10, tiny=True, workers=1)


def test_the_most_telling_rows_come_first(plan: Plan) -> None:
    order = rows(plan, VARIANTS)
    assert order[:4] == [("faster_rcnn", variant, 0) for variant in VARIANTS] + [("faster_rcnn", "raw", 1)]
    assert len(order) == len(set(order)) == 2 * 3 * len(VARIANTS)
    assert [detector for detector, _, _ in order] == ["faster_rcnn"] * 9 + ["retinanet"] * 9


@pytest.mark.parametrize("carried", [False, True])
def test_networks_images_rows(work: Fake, carried: bool) -> None:
    if carried:
        for name in ("classifier", "colorizer"):
            (work.carried / f"{name}.pth").touch()
    run_all(work, rows(work.plan, VARIANTS)[:3], jobs=2)
    commands = dict(work.commands)
    order = [name for name, _ in work.commands]
    trained = [name for name in order if name.startswith(("classifier", "colorizer"))]
    phases = ["colorizer_generator_lite", "colorizer_critic_lite", "colorizer_joint_lite"]
    assert sorted(trained) == ([] if carried else sorted(["classifier_classifier", *phases]))
    if not carried:
        assert [name for name in trained if name in phases] == phases
        assert any("generator_lite/best_*.pth" in word for word in commands["colorizer_critic_lite"])
        assert (work.json.parent / "colorizer.pth").is_file()
    enhanced = commands["enhance_color_cawe"]
    assert "configs/enhance/color_cawe_lite.py" in enhanced
    assert "enhancer.colorizer.config=configs/colorize_gan/joint_lite.py" in enhanced
    assert order.index("enhance_color_cawe") < order.index("train_faster_rcnn_color_cawe_seed0")
    root = "train_dataloader.dataset.data_root="
    assert f"{root}{work.work}/images/cawe" in commands["train_faster_rcnn_cawe_seed0"]
    assert f"{root}{work.carried}/lesions" in commands["train_faster_rcnn_raw_seed0"]
    content = json.loads(work.json.read_text())
    for variant in VARIANTS:
        row = content["rows"][f"faster_rcnn/{variant}/seed0"]
        assert row["status"] == "done" and row["sens_at"]["1"]["value"] == 1
    with zipfile.ZipFile(work.predictions) as archive:
        names = {"lesions_test.json", *(f"faster_rcnn/{variant}/seed0.json" for variant in VARIANTS)}
        assert set(archive.namelist()) == names


def test_a_row_is_begun_only_if_it_fits(work: Fake) -> None:
    work.end = time.monotonic() + 60
    assert work.fits()  # no row was measured: 10 s are expected
    work.longest = 50
    assert work.fits()
    work.longest = 58
    assert not work.fits()
    run_all(work, [("faster_rcnn", "raw", 0)], jobs=1)
    assert json.loads(work.json.read_text())["rows"]["faster_rcnn/raw/seed0"] == {"status": "skipped: no time left"}
    assert work.commands == []


def test_a_failed_row_leaves_the_others(work: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    call = work.call

    def failing(name: str, *command: str | Path) -> float:
        if name == "train_faster_rcnn_raw_seed0":
            raise gpu_rows.CommandFailed("out of memory")
        return call(name, *command)

    monkeypatch.setattr(work, "call", failing)
    run_all(work, [("faster_rcnn", "raw", 0), ("faster_rcnn", "raw", 1)], jobs=1)
    content = json.loads(work.json.read_text())["rows"]
    assert content["faster_rcnn/raw/seed0"]["error"] == "CommandFailed: out of memory"
    assert content["faster_rcnn/raw/seed1"]["status"] == "done"


def test_a_failed_command_shows_its_end(work: Fake) -> None:
    with pytest.raises(gpu_rows.CommandFailed, match="(?s)code 1.*trouble"):
        Rows.call(work, "bad", "-c", "raise SystemExit('trouble')")
