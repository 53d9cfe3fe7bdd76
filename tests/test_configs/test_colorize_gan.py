"""Every config builds; the small shape trains, validates and reloads through the Runner."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, DefaultScope
from mmengine.runner import Runner, load_checkpoint
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from colorize_gan.model import ColorizationGAN
from colorize_gan.training.generator_ema import GeneratorEMAHook
from data.images.image_io import read_color, write_image
from tests.paths import ROOT

CONFIGS = ROOT / "configs" / "colorize_gan"


@functools.cache
def build(name: str) -> ColorizationGAN:
    """The model of a config, without memory for its weights."""
    with torch.device("meta"):
        return MODELS.build(Config.fromfile(CONFIGS / f"{name}.py").model)


JOINT = ["joint", "joint_small", "joint_wide", "joint_deep", "demo"]


@pytest.mark.parametrize("name", JOINT)
def test_joint_phase_has_the_two_time_scales(name):
    config, model = Config.fromfile(CONFIGS / f"{name}.py"), build(name)
    wrappers = build_optim_wrapper(model, config.optim_wrapper)
    rates = wrappers.get_lr()
    assert rates["discriminator.lr"][0] == 5 * rates["generator.lr"][0]
    assert all(wrapper.optimizer.defaults["betas"] == (0.0, 0.999) for wrapper in wrappers.values())


@pytest.mark.parametrize("name", ["generator_small", "joint_small"])
def test_the_small_generator_is_averaged_over_fewer_steps(name):
    small, large = (Config.fromfile(CONFIGS / f"{n}.py").default_hooks for n in (name, name.removesuffix("_small")))
    assert large.generator_ema.momentum == 0.002
    assert small == {**large, "generator_ema": {**large.generator_ema, "momentum": 0.005}}


@pytest.mark.parametrize("name", ["generator", "critic", "generator_small", "critic_small"])
def test_other_phases_train_one_part(name):
    config, model = Config.fromfile(CONFIGS / f"{name}.py"), build(name)
    part = {"generator": "generator", "critic": "discriminator"}[name.split("_")[0]]
    assert list(build_optim_wrapper(model, config.optim_wrapper).keys()) == [part]
    assert (model.discriminator is None) == (part == "generator")


@pytest.mark.parametrize("size", ["", "_small", "_wide", "_deep"])
def test_phases_hand_the_same_networks_on(size):
    generator, critic, joint = (
        Config.fromfile(CONFIGS / f"{phase}{size}.py") for phase in ("generator", "critic", "joint")
    )
    assert critic.model == joint.model and critic.model.generator.weights is None
    assert generator.model.generator == {**joint.model.generator, "weights": generator.model.generator.weights}
    assert critic.load_from == f"work_dirs/generator{size}/best_*.pth"
    assert joint.load_from == f"work_dirs/critic{size}/best_*.pth"
    monitors = [config.default_hooks.checkpoint.save_best for config in (generator, critic, joint)]
    assert monitors == ["color/feature_distance", "color/critic_auc", "color/frechet_distance"]
    for config in (generator, critic, joint):
        checkpoint, stop = config.default_hooks.checkpoint, config.default_hooks.early_stopping
        assert stop.type == "ResumableEarlyStoppingHook" and (stop.monitor, stop.rule) == (
            checkpoint.save_best,
            checkpoint.rule,
        )


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("generator", ["picture_grid", "generator_ema", "early_stopping"]),
        ("critic", ["hand_over", "early_stopping"]),
        ("joint", ["hand_over", "picture_grid", "generator_ema", "early_stopping"]),
        ("demo", ["picture_grid", "generator_ema"]),
    ],
)
def test_each_phase_has_the_hooks_that_it_needs_by_name(name, own):
    config = Config.fromfile(CONFIGS / f"{name}.py")
    shared = Config.fromfile(ROOT / "configs/_base_/default_runtime.py").default_hooks
    assert list(config.default_hooks) == [*shared, "accumulation", *own] and "custom_hooks" not in config
    if "generator_ema" in own:
        config.merge_from_dict({"default_hooks.generator_ema.interval": 4})
        assert config.default_hooks.generator_ema == dict(
            type="GeneratorEMAHook", momentum=0.02 if name == "demo" else 0.002, interval=4
        )


def test_configs_state_the_papers_numbers():
    config = Config.fromfile(CONFIGS / "generator.py")
    assert config.model.generator.encoder == "resnet34" and config.model.generator.weights == "imagenet"
    assert config.model.keep_luminance is False


def test_variants_differ_by_config_only():
    def parameters(name: str) -> tuple[int, int]:
        model = build(f"joint{name}")
        return tuple(sum(p.numel() for p in part.parameters()) for part in (model.generator, model.discriminator))

    base, wide, deep = (parameters(name) for name in ("", "_wide", "_deep"))
    assert all(more > few for variant in (wide, deep) for more, few in zip(variant, base, strict=True))


def colored_squares(root: Path, count: int) -> None:
    """Pictures whose color follows their brightness: bright is orange, dark is blue."""
    rng = np.random.default_rng(0)
    files = [f"images/{index}.png" for index in range(count)]
    (root / "images").mkdir(parents=True)
    for file in files:
        level = rng.uniform(0.2, 0.8, (4, 4, 1)).repeat(20, 0).repeat(20, 1)
        color = np.where(level > 0.5, np.array([1.2, 1.0, 0.6]), np.array([0.7, 0.9, 1.4]))
        write_image(root / file, (level * color * 255).clip(0, 255).astype(np.uint8))
    images = [{"id": i, "file_name": file, "width": 80, "height": 80} for i, file in enumerate(files)]
    coco = {"images": images, "annotations": [], "categories": []}
    for side in ("train", "val", "test"):
        (root / f"{side}.json").write_text(json.dumps(coco))


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Runner, Path]:
    folder = tmp_path_factory.mktemp("gan")
    colored_squares(folder / "set", 8)
    config = Config.fromfile(CONFIGS / "demo.py")
    loader = {"batch_size": 4, "num_workers": 0, "persistent_workers": False}
    overrides = {"data_root": str(folder / "set"), "image_size": 64}
    for name in ("train_dataloader", "val_dataloader", "test_dataloader"):
        config[name].update(loader)
        config[name].dataset.update(overrides)
    config.train_cfg.max_epochs = 2
    config.work_dir = str(folder / "work")
    config.log_level = "WARNING"
    config.experiment_name = "test_colorize_gan"
    with DefaultScope.overwrite_default_scope("mmengine"):
        runner = Runner.from_cfg(config)
        runner.train()
    return runner, folder / "work"


def test_runner_trains_and_validates(trained):
    runner, _ = trained
    history = runner.message_hub.log_scalars
    for name in ("loss_d", "loss_g", "loss_content", "loss_adv", "d_real", "d_fake"):
        assert np.isfinite(history[f"train/{name}"].data[0]).all(), name
    pixels = ["psnr", "ssim", "ab_error", "colorfulness", "colorfulness_difference", "ab_histogram_distance"]
    for name in [*pixels, "feature_distance", "frechet_distance", "critic_auc"]:
        assert np.isfinite(history[f"val/color/{name}"].current()), name


def test_learning_rates_of_the_running_optimizers(trained):
    runner, _ = trained
    rates = runner.optim_wrapper.get_lr()
    assert rates["generator.lr"][0] == 4e-4
    assert rates["discriminator.lr"][0] == 5 * rates["generator.lr"][0]


def test_the_best_epoch_is_kept_and_tensorboard_has_curves_and_pictures(trained):
    _, work_dir = trained
    assert len(list(work_dir.glob("best_color_frechet_distance_epoch_*.pth"))) == 1
    (events,) = work_dir.glob("*/vis_data/events.out.tfevents.*")
    record = EventAccumulator(str(events)).Reload().Tags()
    assert "colorized" in record["images"] and "color/frechet_distance" in record["scalars"]


def test_picture_grid_of_every_epoch(trained):
    _, work_dir = trained
    assert sorted(p.name for p in (work_dir / "pictures").iterdir()) == ["epoch_001.png", "epoch_002.png"]
    grid = read_color(work_dir / "pictures" / "epoch_002.png")
    assert grid.shape == (8 * 68 + 4, 3 * 68 + 4, 3)
    gray, truth = grid[4:68, 4:68].astype(float), grid[4:68, 140:204].astype(float)
    assert np.ptp(gray, axis=2).max() == 0 and np.ptp(truth, axis=2).max() > 30
    assert np.abs(truth @ [0.299, 0.587, 0.114] - gray[..., 0]).max() <= 1.01


def test_checkpoint_colorizes_like_the_averaged_generator(trained):
    runner, work_dir = trained
    config = Config.fromfile(CONFIGS / "demo.py").model
    config.update(discriminator=None, feature_extractor=None)
    model = MODELS.build(config)
    load_checkpoint(model, str(work_dir / "epoch_2.pth"), map_location="cpu", strict=True)
    (average,) = (hook for hook in runner.hooks if isinstance(hook, GeneratorEMAHook))
    gray = torch.rand(1, 1, 70, 50)
    assert not torch.equal(model.colorize(gray), runner.model.colorize(gray))
    average.before_val_epoch(runner)
    assert torch.equal(model.colorize(gray), runner.model.colorize(gray))
    average.after_val_epoch(runner)
