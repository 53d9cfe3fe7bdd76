"""The configs of papers 001, 003 and 004: what the papers state is in them, and each one trains, on tiny data."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DATASETS, MODELS
from mmengine.runner import Runner

from data.atomic import write_json
from data.coco import ImageRecord, records_to_coco
from data.images.image_io import write_image
from data.readers import covid_radiography, tuberculosis
from tests.paths import ROOT

FOLDER = ROOT / "configs/enhance"
PAPERS = sorted(FOLDER.glob("paper_*.py"))
NAMES = [path.stem for path in PAPERS]
SIZES = {"paper_001": 300, "paper_003": 227, "paper_004": 299}
MODELS_OF = {
    "paper_001_inception_v3": "inception_v3_conv_gap",
    "paper_001_vgg16": "vgg16_conv_gap",
    "paper_001_xception": "xception_conv_gap",
    "paper_003_alexnet": "alexnet_last_conv",
    "paper_003_customized": "lrn_cnn",
    "paper_003_vgg16": "vgg16_last_conv",
    "paper_003_vgg19": "vgg19_last_conv",
    "paper_004_densenet201": "densenet201_frozen",
    "paper_004_vgg16": "vgg16_frozen",
}


def load(name: str) -> Config:
    return Config.fromfile(FOLDER / f"{name}.py")


def lighten(cfg: Config) -> Config:
    """No downloads; VGG's and the customized network's wide layers made narrow."""
    backbone = cfg.model.backbone
    backbone.pop("weights", None)
    if backbone.model_name.startswith("vgg"):
        backbone.mlp_ratio = 0.01
    if backbone.model_name == "lrn_cnn":
        backbone.hidden = 16
    return cfg


def write_data(cfg: Config, folder: Path, images: int = 8) -> None:
    """A prepared data set of small images, `images` a side, and the config pointed at it."""
    names = list(cfg.model.label_names)
    rng = np.random.default_rng(0)
    for side in ("train", "val", "test"):
        records = []
        for i in range(images):
            file = f"images/{side}_{i}.png"
            write_image(folder / file, rng.integers(0, 256, (40, 30), dtype=np.uint8))
            labels = [int(i % len(names) == j) for j in range(len(names))]
            records.append(ImageRecord(Path("x"), file, 30, 40, None, labels=labels))
        write_json(folder / f"{side}.json", records_to_coco(records, [], names))
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.dataset.data_root = str(folder)
        loader.update(num_workers=0, persistent_workers=False, batch_size=2)


def test_one_config_a_row():
    assert {name: load(name).model.backbone.model_name for name in NAMES} == MODELS_OF


@pytest.mark.parametrize("name", NAMES)
def test_model_and_data_agree(name):
    cfg = load(name)
    loaders = (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader)
    assert [loader.dataset.ann_file for loader in loaders] == ["train.json", "val.json", "test.json"]
    for loader in loaders:
        assert loader.dataset.image_size == cfg.model.input_size == SIZES[name[:9]]
        assert loader.dataset.label_names == cfg.model.label_names
    assert not any(loader.dataset.get("augment") for loader in loaders[1:])
    assert cfg.model.activation == "softmax"
    assert cfg.model.backbone.get("weights") == (None if name == "paper_003_customized" else "imagenet")
    assert cfg.default_hooks.checkpoint.rule == "greater"


@pytest.mark.parametrize("name", NAMES)
def test_one_training_step(name, tmp_path):
    """Built from the config with its optimizer, on an image of the config's size."""
    cfg = lighten(load(name))
    write_data(cfg, tmp_path)
    dataset, model = DATASETS.build(cfg.train_dataloader.dataset), MODELS.build(cfg.model)
    batch = torch.utils.data.default_collate([dataset[0]])
    assert batch["inputs"].shape == (1, 1, cfg.model.input_size, cfg.model.input_size)
    assert (model.linear_weight() is not None) == name.startswith("paper_001")
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    losses = model.train_step(batch, wrapper)
    assert torch.isfinite(losses["loss"])
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, before[key])}
    trained = {key for key, value in model.named_parameters() if value.requires_grad}
    assert changed & set(dict(model.named_parameters())) == trained
    assert all(key.startswith("network.head") for key in changed) == name.startswith("paper_004")


def test_what_paper_001_states():
    cfg = load("paper_001_vgg16")
    assert len(cfg.model.label_names) == 7
    assert cfg.train_dataloader.batch_size == 10
    assert cfg.train_dataloader.dataset.augment == dict(degrees=5, shift=0.01, scale=0, light=0, flip=0)
    assert cfg.train_dataloader.dataset.augment.shift * cfg.model.input_size == 3
    optimizer = cfg.optim_wrapper.optimizer
    assert optimizer.type == "Adam"
    assert 1e-5 <= optimizer.lr <= 1e-1
    assert 1e-10 <= optimizer.weight_decay <= 1e-1
    for name in ("paper_001_inception_v3", "paper_001_xception"):
        assert load(name).model.mean == load(name).model.std == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("paper_003")])
def test_what_paper_003_states(name):
    cfg = load(name)
    assert cfg.model.label_names == list(tuberculosis.LABELS)
    assert cfg.optim_wrapper.optimizer == dict(type="SGD", lr=1e-3, momentum=0.9, weight_decay=5e-4)
    assert cfg.train_cfg == dict(type="IterBasedTrainLoop", max_iters=15000, val_interval=250)
    assert cfg.param_scheduler.type == "ReduceOnPlateauLR"
    assert cfg.param_scheduler.factor == 0.1
    assert (cfg.param_scheduler.monitor, cfg.param_scheduler.rule) == ("class/accuracy", "greater")
    assert cfg.param_scheduler.min_value == pytest.approx(1e-3 / 10**3)
    augment = cfg.train_dataloader.dataset.augment
    assert augment.degrees > 0
    assert augment.shift > 0
    assert augment.scale == augment.light == augment.flip == 0


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("paper_003_")])
def test_only_the_new_layer_learns_faster(name):
    cfg = lighten(load(name))
    model = MODELS.build(cfg.model)
    groups = build_optim_wrapper(model, cfg.optim_wrapper).optimizer.param_groups
    fast = {id(value) for group in groups if group["lr"] > 1.1e-3 for value in group["params"]}
    new = {id(value) for value in model.network.get_classifier().parameters()}
    assert fast == (set() if name == "paper_003_customized" else new)
    assert {round(group["lr"], 9) for group in groups} == ({1e-3, 1e-2} if fast else {1e-3})


@pytest.mark.parametrize("name", ["paper_004_vgg16", "paper_004_densenet201"])
def test_what_paper_004_states(name):
    cfg = load(name)
    assert cfg.model.label_names == list(covid_radiography.LABELS)
    assert all(cfg[f"{side}_dataloader"].dataset.balance for side in ("train", "val", "test"))
    assert not cfg.train_dataloader.dataset.augment
    assert cfg.optim_wrapper.optimizer.type == "Adam"
    assert cfg.train_cfg.max_epochs == 20
    assert cfg.default_hooks.checkpoint.save_best == "class/recall/mean"
    assert set(cfg.val_evaluator[1].mean_of) == set(cfg.model.label_names) - {"Normal"}
    assert "early_stopping" not in cfg.default_hooks


def test_the_plateau_divides_the_rate_and_the_best_weights_are_kept(tmp_path):
    """Paper 003's loop at 96 pixels, a validation each iteration. Nothing is learned so soon: the accuracy stays."""
    cfg = lighten(load("paper_003_customized"))
    write_data(cfg, tmp_path / "data", images=8)
    cfg.train_dataloader.batch_size = 1  # eight batches: mmengine sleeps for two seconds where they begin again
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.dataset.image_size = 96
        loader.update(num_workers=0, persistent_workers=False)
    cfg.train_cfg.update(max_iters=8, val_interval=1)
    cfg.default_hooks.checkpoint.interval = 8
    cfg.param_scheduler.patience = 1
    cfg.work_dir = str(tmp_path / "run")
    runner = Runner.from_cfg(cfg)
    rates = []
    runner.val_loop.run, run = (
        lambda: rates.append(runner.optim_wrapper.get_lr()["lr"][0]) or run(),
        runner.val_loop.run,
    )
    runner.train()
    assert rates[0] == pytest.approx(1e-3)
    assert min(rates) < 1e-4
    assert all(b == pytest.approx(a) or b == pytest.approx(a / 10) for a, b in zip(rates, rates[1:], strict=False))
    assert runner.optim_wrapper.get_lr()["lr"][0] >= 1e-6
    assert list((tmp_path / "run").glob("best_class_accuracy_iter_*.pth"))
