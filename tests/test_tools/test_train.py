"""tools/train.py: a detector and a model that is none train, resume, and wrong calls are told so."""

import json
import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config

from data.errors import MissingFileError, UserError
from tests import tiny_networks
from tests.paths import ROOT
from tools import train
from training.checkpoints import read_checkpoint

DEMO = ROOT / "configs/detect/retinanet_demo.py"

TOY = """
default_scope = "mmengine"
custom_imports = dict(imports=["toy_for_train"])
model = dict(type="ToyLine")
dataset = dict(type="ToyPoints")
sampler = dict(type="DefaultSampler", shuffle=True)
collate_fn = dict(type="default_collate")
train_dataloader = dict(batch_size=4, num_workers=0, sampler=sampler, collate_fn=collate_fn, dataset=dataset)
train_cfg = dict(by_epoch=True, max_epochs=2)
optim_wrapper = dict(optimizer=dict(type="SGD", lr=0.1))
default_hooks = dict(checkpoint=dict(type="CheckpointHook", interval=1), logger=dict(type="LoggerHook", interval=1))
randomness = dict(seed=0)
"""
TOY_CODE = """
import torch
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, MODELS

@DATASETS.register_module(force=True)
class ToyPoints(torch.utils.data.Dataset):
    metainfo = {}
    def __len__(self):
        return 8
    def __getitem__(self, i):
        return dict(x=torch.tensor([i / 8]), y=torch.tensor([3 * i / 8]))

@MODELS.register_module(force=True)
class ToyLine(BaseModel):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(1, 1)
    def forward(self, x, y, mode):
        return dict(loss=((self.line(x) - y) ** 2).mean())
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch) -> Path:
    (tmp_path / "toy_for_train.py").write_text(TOY_CODE)
    monkeypatch.syspath_prepend(tmp_path)
    config = tmp_path / "toy.py"
    config.write_text(TOY)
    return config


def test_any_mmengine_config_trains_and_resumes(toy: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    train.main([str(toy), "--work-dir", str(work)])
    assert {p.name for p in work.glob("*.pth")} == {"epoch_1.pth", "epoch_2.pth"}
    train.main([str(toy), "--work-dir", str(work), "--resume", "--cfg-options", "train_cfg.max_epochs=3"])
    log = max(work.glob("*/*.log")).read_text()
    assert "resumed epoch: 2" in log and (work / "epoch_3.pth").is_file()
    assert (work / "last_checkpoint").read_text().endswith("epoch_3.pth")
    history = read_checkpoint(work / "epoch_3.pth")["message_hub"]["log_scalars"]["train/loss"]
    assert history.max_length == 10  # as many as the log reads, not mmengine's million


def test_weights_alone_stay_where_that_is_asked_for(toy: Path, tmp_path: Path, capfd) -> None:
    whole, alone = tmp_path / "whole", tmp_path / "alone"
    train.main([str(toy), "--work-dir", str(whole)])
    wanted = read_checkpoint(whole / "epoch_2.pth")
    assert "optimizer" in wanted and (whole / "epoch_1.pth").is_file()  # by hand every epoch stays
    call = [str(toy), "--work-dir", str(alone), "--resume", "--weights-only"]
    train.main(call)
    (file,) = alone.glob("*.pth")
    kept = read_checkpoint(file)
    assert file.name == "epoch_2.pth" and list(kept) == ["meta", "state_dict"]
    for key, tensor in wanted["state_dict"].items():
        assert torch.equal(kept["state_dict"][key], tensor)
    written = file.stat().st_mtime_ns
    capfd.readouterr()
    train.main(call)
    assert f"{alone}: this training has ended" in capfd.readouterr().out and file.stat().st_mtime_ns == written
    with pytest.raises(UserError, match="epoch_2.pth holds weights alone"):
        train.main([*call[:-1], "--cfg-options", "train_cfg.max_epochs=3"])
    train.main(call[:-2])  # anew
    assert "optimizer" in read_checkpoint(file) and not (alone / "finished").exists()


@pytest.mark.parametrize("visualizer", ["", 'visualizer = dict(type="Visualizer", vis_backends=None)\n'])
def test_curves_for_tensorboard(toy: Path, tmp_path: Path, visualizer: str) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    toy.write_text(TOY + visualizer)
    config = toy.rename(tmp_path / f"curves_{len(visualizer)}.py")  # mmengine keeps its visualizer by name
    train.main([str(config), "--work-dir", str(tmp_path / "work"), "--tensorboard"])
    (folder,) = {file.parent for file in tmp_path.glob("work/**/events*")}
    curves = EventAccumulator(str(folder)).Reload()
    assert [point.step for point in curves.Scalars("loss")] == [1, 2, 3, 4]
    cfg = train.load_config(train.parse_args([str(config), "--tensorboard"]))
    train.draw_curves(cfg)
    assert [one["type"] for one in cfg.visualizer.vis_backends].count("TensorboardVisBackend") == 1


def test_the_command_runs_without_mmdet_when_the_config_needs_none(toy: Path, tmp_path: Path, monkeypatch) -> None:
    for name in ("mmdet", "mmcv"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it is an error
    config = toy.rename(tmp_path / "plain.py")  # mmengine names a run by config and second, and keeps its logger
    train.main([str(config), "--work-dir", str(tmp_path / "work")])
    assert (tmp_path / "work/epoch_2.pth").is_file()


def write_squares(folder: Path) -> Path:
    """Six images of 64 x 64 with a bright square each, and two without, as train.json and test.json."""
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    images, annotations = [], []
    for i in range(1, 9):
        picture = rng.integers(0, 40, (64, 64), np.uint8)
        if i <= 6:
            x, y = (int(v) for v in rng.integers(0, 40, 2))
            picture[y : y + 24, x : x + 24] += 180
            box = {"id": i, "image_id": i, "category_id": 1, "bbox": [x, y, 24, 24], "area": 576, "iscrowd": 0}
            annotations.append(box)
        cv2.imwrite(str(folder / f"images/{i}.png"), picture)
        images.append({"id": i, "file_name": f"images/{i}.png", "width": 64, "height": 64, "patient_id": f"p{i}"})
    coco = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "square"}]}
    (folder / "train.json").write_text(json.dumps(coco))
    others = [image | {"patient_id": f"other {image['patient_id']}"} for image in images]
    (folder / "test.json").write_text(json.dumps(coco | {"images": others}))
    return folder


def detector_options(folder: Path, *more: str) -> list[str]:
    options = ["train_cfg.max_epochs=1", "train_cfg.val_interval=1", "train_dataloader.batch_size=4", *more]
    options += tiny_networks.options(tiny_networks.DETECTOR)
    for loader in ("train", "val", "test"):
        key = f"{loader}_dataloader"
        options += [f"{key}.dataset.data_root={folder}", f"{key}.num_workers=0", f"{key}.persistent_workers=False"]
    return ["--cfg-options", *options]


def test_a_later_phase_starts_from_the_newest_checkpoint_that_fits(toy: Path, tmp_path: Path) -> None:
    def options(*more: str) -> list[str]:
        return [
            str(toy),
            "--work-dir",
            str(tmp_path / "b"),
            "--cfg-options",
            f"load_from={tmp_path}/a/best_*.pth",
            *more,
        ]

    with pytest.raises(MissingFileError, match="best_.*train it first"):
        train.load_config(train.parse_args(options()))
    (tmp_path / "a").mkdir()
    for age, name in enumerate(["best_y_epoch_2.pth", "best_y_epoch_10.pth", "epoch_11.pth"]):
        (tmp_path / "a" / name).write_bytes(b"")
        os.utime(tmp_path / "a" / name, (age, age))
    first = train.load_config(train.parse_args([*options(), "--resume"]))
    assert first.load_from == f"{tmp_path}/a/best_y_epoch_10.pth" and not first.resume
    (tmp_path / "b").mkdir()
    (tmp_path / "b/epoch_1.pth").write_bytes(b"")
    again = train.load_config(train.parse_args([*options(), "--resume"]))
    assert again.load_from == f"{tmp_path}/b/epoch_1.pth" and again.resume


def test_a_detector_trains_and_reports_froc(tmp_path: Path) -> None:
    folder = write_squares(tmp_path / "data")
    train.main([str(DEMO), "--work-dir", str(tmp_path / "work"), *detector_options(folder)])
    scalars = [
        json.loads(line) for line in next(tmp_path.glob("work/*/vis_data/scalars.json")).read_text().splitlines()
    ]
    final = scalars[-1]
    assert {"froc/sens@1", "froc/sens@4", "froc/mean_sens"} <= final.keys()
    assert not any("mAP" in key for key in final), "AP is for the test: during a training it takes longer than FROC"
    assert (tmp_path / "work/epoch_1.pth").is_file()


def test_wrong_calls_say_what_is_missing(toy: Path, tmp_path: Path) -> None:
    for argv, message in [
        (["configs/nowhere.py"], "configs/nowhere.py: no such config file"),
        ([str(toy), "--resume", "gone.pth"], "gone.pth: no such checkpoint"),
        ([str(toy), "--auto-scale-lr"], "base_batch_size"),
        ([str(DEMO), "--work-dir", str(tmp_path), *detector_options(tmp_path / "gone")], "tools/prepare_dataset.py"),
    ]:
        with pytest.raises(UserError, match=message):
            train.main(argv)


def test_flags_reach_the_config(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    cfg = train.load_config(train.parse_args([str(DEMO), "--auto-scale-lr", "--amp", "--resume", "--launcher", "none"]))
    assert cfg.auto_scale_lr.enable and not cfg.resume and cfg.load_from is None
    assert cfg.optim_wrapper.type == "AmpOptimWrapper" and cfg.optim_wrapper.loss_scale == "dynamic"
    assert cfg.work_dir == str(Path("work_dirs/retinanet_demo"))
    cfg = train.load_config(train.parse_args([str(DEMO), "--resume", str(toy), "--work-dir", "here"]))
    assert cfg.resume and cfg.load_from == str(toy) and cfg.work_dir == "here"


def test_labels_in_another_order_than_the_model_has_are_refused(tmp_path: Path) -> None:
    config, names = str(ROOT / "configs/enhance/classifier_demo.py"), "[Lung Opacity,No Finding]"
    with pytest.raises(
        UserError, match="trained on the label_names .*'No Finding', 'Lung Opacity'.*, the data set has"
    ):
        train.main(
            [config, "--work-dir", str(tmp_path), "--cfg-options", f"train_dataloader.dataset.label_names={names}"]
        )


@pytest.mark.parametrize("side", ["val", "test"])
def test_a_person_on_two_sides_is_refused_before_the_training(tmp_path: Path, side: str) -> None:
    folder = write_squares(tmp_path / "data")
    coco = json.loads((folder / "test.json").read_text())
    coco["images"][3]["patient_id"] = "p2"
    (folder / "mine.json").write_text(json.dumps(coco))
    options = detector_options(folder, f"{side}_dataloader.dataset.ann_file=mine.json")
    with pytest.raises(UserError, match=r"1 persons are in both .*train\.json and .*mine\.json, the first is p2"):
        train.main([str(DEMO), "--work-dir", str(tmp_path / "work"), *options])
    assert not list((tmp_path / "work").glob("*.pth"))


def test_the_very_images_of_the_training_may_be_validated(tmp_path: Path) -> None:
    """As people do to see that a network can learn at all."""
    data = {"data_root": str(write_squares(tmp_path / "data")), "ann_file": "train.json"}
    sides = {f"{side}_dataloader": {"dataset": data} for side in ("train", "val", "test")}
    train.check_persons(Config(sides))


def test_persons_of_joined_data_sets_count(tmp_path: Path) -> None:
    parts = [{"data_root": str(write_squares(tmp_path / name)), "ann_file": "train.json"} for name in "ab"]
    joined = {"type": "ConcatDataset", "datasets": [{"type": "RepeatDataset", "dataset": part} for part in parts]}
    sides = {
        "train_dataloader": {"dataset": joined},
        "test_dataloader": {"dataset": parts[1] | {"ann_file": "mine.json"}},
    }
    (tmp_path / "b/mine.json").write_text((tmp_path / "b/train.json").read_text())
    with pytest.raises(UserError, match=r"8 persons are in both .*b/train\.json and .*b/mine\.json"):
        train.check_persons(Config(sides))
