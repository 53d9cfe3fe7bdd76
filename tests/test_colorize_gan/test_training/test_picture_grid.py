"""The picture grid: which images, in which order, where."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from colorize_gan.training.picture_grid import PictureGridHook
from data.images.image_io import read_color


def flat_sample(gray: float, colorized: float, truth: float) -> dict[str, torch.Tensor]:
    full = torch.full((3, 8, 8), 1.0)
    return {"gray": gray * full[:1], "colorized": colorized * full, "truth": truth * full}


@pytest.fixture
def runner(tmp_path):
    shown = []
    visualizer = SimpleNamespace(add_image=lambda name, image, step: shown.append((name, image, step)))
    return SimpleNamespace(work_dir=str(tmp_path), epoch=3, visualizer=visualizer, shown=shown)


def run_epoch(hook, runner, batches) -> None:
    hook.before_val_epoch(runner)
    for index, batch in enumerate(batches):
        hook.after_val_iter(runner, index, None, batch)
    hook.after_val_epoch(runner, {})


def test_first_images_row_by_row(runner, tmp_path):
    samples = [flat_sample(i / 255, (i + 50) / 255, (i + 100) / 255) for i in range(4)]
    run_epoch(PictureGridHook(num_images=3), runner, [samples[:2], samples[2:]])
    grid = read_color(tmp_path / "pictures" / "epoch_003.png")
    assert grid.shape == (3 * 12 + 4, 3 * 12 + 4, 3)
    centers = grid[8::12, 8::12, 0]
    np.testing.assert_array_equal(centers, [[0, 50, 100], [1, 51, 101], [2, 52, 102]])
    ((name, image, step),) = runner.shown
    assert (name, step) == ("colorized", 3) and np.array_equal(image, grid)


def test_every_epoch_starts_anew(runner, tmp_path):
    hook = PictureGridHook(num_images=2)
    run_epoch(hook, runner, [[flat_sample(0, 0, 0)] * 2])
    runner.epoch = 4
    run_epoch(hook, runner, [[flat_sample(1, 1, 1)] * 2])
    assert read_color(tmp_path / "pictures" / "epoch_004.png").min() == 255


def test_no_images_no_file(runner, tmp_path):
    run_epoch(PictureGridHook(), runner, [])
    assert not (tmp_path / "pictures").exists() and runner.shown == []
