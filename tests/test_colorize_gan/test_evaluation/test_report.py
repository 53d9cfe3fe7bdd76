"""The colorizer report: its tables, what is bold in them, and its files."""

import json

import numpy as np
import pytest
import torch

from colorize_gan.evaluation.baselines import GRAY
from colorize_gan.evaluation.comparison import ColorizerComparison
from colorize_gan.evaluation.report import MEASURES, colorizer_tables, picture_grid, write_colorizer_report
from data.images.image_io import read_color
from reporting.estimate import Estimate


def estimate(value, reach):
    return Estimate(np.array(value), value + reach * np.array([-1.0, 1.0]) / 1.96 / 2**0.5)


@pytest.fixture
def comparison():
    """Two rows; the second is clearly better by its ab error, clearly worse by PSNR, and unclear by SSIM."""
    values = {
        GRAY: {"psnr": estimate(20.0, 1), "ssim": estimate(0.9, 0.01), "ab_error": estimate(15.0, 1)},
        "mine": {"psnr": estimate(18.0, 1), "ssim": estimate(0.91, 0.01), "ab_error": estimate(10.0, 1)},
    }
    values["mine"]["critic_auc"] = estimate(0.75, 0.1)
    differences = {
        key: estimate(float(values["mine"][key].value - values[GRAY][key].value), 0.5) for key in values[GRAY]
    }
    return ColorizerComparison(values, {("mine", GRAY): differences})


def test_rows_and_bold_differences(comparison):
    rows, differences = colorizer_tables(comparison, 7, 200)
    assert rows.header == ["Colorizer", *(MEASURES[key][0] for key in ("psnr", "ssim", "ab_error", "critic_auc"))]
    gray, mine = rows.rows
    assert (gray[1].text, gray[1].interval) == ("20.00", ("19.00", "21.00")) and gray[4].text == "–"
    assert mine[4].text == "0.750" and "7 images" in rows.note
    ((name, psnr, ssim, ab_error, auc),) = differences.rows
    assert name.text == "mine − gray copy" and auc.text == "–"
    assert (ab_error.text, ab_error.interval, ab_error.strong) == ("-5.00", ("-5.50", "-4.50"), True)
    assert not psnr.strong and not ssim.strong


def test_files(comparison, tmp_path):
    sample = {"colorized": torch.full((3, 8, 8), 0.5), "truth": torch.ones(3, 8, 8)}
    firsts = {GRAY: [sample] * 3, "mine": [sample] * 3}
    settings = {"images": 7, "bootstrap": 200}
    text = write_colorizer_report(tmp_path / "out", comparison, firsts, settings, pictures=2)
    assert (tmp_path / "out/table.md").read_text() == text
    written = json.loads((tmp_path / "out/colorization.json").read_text())
    assert written["settings"] == settings
    assert written["colorizers"]["mine"]["psnr"] == {"value": 18.0, "ci95": pytest.approx([17, 19])}
    assert written["differences"][0]["a"] == "mine" and written["differences"][0]["b"] == GRAY
    grid = picture_grid(firsts, 2)
    assert read_color(tmp_path / "out/pictures.png").shape == (*grid.shape[1:], 3) == (2 * 12 + 4, 3 * 12 + 4, 3)
