"""The files of a colorizer report: tables, their numbers as JSON, and a grid of pictures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision.utils import make_grid

from colorize_gan.evaluation.baselines import GRAY, MEAN
from colorize_gan.evaluation.comparison import ColorizerComparison, is_clear
from data.atomic import write_json, write_text
from data.images.image_io import write_image
from reporting.cells import NONE, entry_cell
from reporting.estimate import Estimate
from reporting.table import Cell, Table, markdown

MEASURES = {
    "psnr": ("PSNR, dB", 2, 1),
    "ssim": ("SSIM", 4, 1),
    "ab_error": ("ab error", 2, -1),
    "ab_histogram_distance": ("ab histogram distance", 3, -1),
    "colorfulness": ("colorfulness", 1, 0),
    "colorfulness_difference": ("its difference to the truth", 1, -1),
    "feature_distance": ("feature distance", 3, -1),
    "frechet_distance": ("Fréchet distance", 4, -1),
    "critic_auc": ("critic's AUC", 3, 0),
}
"""Name, digits, and whether more is better (1), worse (-1) or neither."""


def colorizer_tables(comparison: ColorizerComparison, count: int, resamples: int) -> list[Table]:
    """The measures of the rows, and the differences of a row to those above it; bold where it is clearly better.

    Args:
        count: Images.
        resamples: Of the images.
    """
    shown = [key for key in MEASURES if any(key in row for row in comparison.values.values())]
    header = [MEASURES[key][0] for key in shown]
    values = [[Cell(name), *(_cell(row, key) for key in shown)] for name, row in comparison.values.items()]
    differences = [
        [Cell(f"{name} − {other}"), *(_difference_cell(row, key) for key in shown)]
        for (name, other), row in comparison.differences.items()
        if name not in (GRAY, MEAN)
    ]
    note = (
        f"{count} images. In brackets 95 % intervals: 1.96 standard errors of {resamples} resamples of the images; "
        "what training anew would change is not in them. More is better for PSNR and SSIM, less for errors, distances "
        "and the difference in colorfulness. A critic sees its own colorizer's images: 1 is told apart always, 0.5 "
        "never."
    )
    bold = (
        "Row minus other row on the same resamples. Bold: better, and the interval leaves out 0 (not corrected for the "
        "number of comparisons)."
    )
    return [
        Table("Colorizers", ["Colorizer", *header], values, note),
        Table("Differences", ["Difference", *header], differences, bold),
    ]


def _cell(row: Mapping[str, Estimate], key: str) -> Cell:
    digits = MEASURES[key][1]
    return entry_cell(row[key].entry("normal"), f"{{:.{digits}f}}".format) if key in row else NONE


def _difference_cell(row: Mapping[str, Estimate], key: str) -> Cell:
    if key not in row:
        return NONE
    _, digits, direction = MEASURES[key]
    better = is_clear(row[key]) and bool(row[key].value * direction > 0)
    return entry_cell(row[key].entry("normal"), f"{{:+.{digits}f}}".format, strong=better)


def picture_grid(firsts: Mapping[str, list[dict[str, Tensor]]], count: int) -> Tensor:
    """A grid (3, H, W) in [0, 1]: one image per row, its columns the rows of the table, then the truth."""
    names = list(firsts)
    cells = []
    for index in range(min(count, len(firsts[names[0]]))):
        cells += [firsts[name][index]["colorized"] for name in names] + [firsts[names[0]][index]["truth"]]
    return make_grid(torch.stack(cells).float(), nrow=len(names) + 1, padding=4, pad_value=1.0)


def write_colorizer_report(
    out: Path,
    comparison: ColorizerComparison,
    firsts: Mapping[str, list[dict[str, Tensor]]],
    settings: Mapping[str, Any],
    pictures: int,
) -> str:
    """Write `table.md`, `colorization.json` and `pictures.png`, each atomically.

    Args:
        firsts: name to the predictions of the first images, as `measure` gives them.
        settings: for the JSON; "images" and "bootstrap" are said below the table.
        pictures: rows of pictures.png.

    Returns:
        The text of `table.md`.
    """
    text = markdown(colorizer_tables(comparison, settings["images"], settings["bootstrap"]))
    write_text(out / "table.md", text)
    values = {name: _entries(row) for name, row in comparison.values.items()}
    differences = [{"a": a, "b": b, **_entries(row)} for (a, b), row in comparison.differences.items()]
    write_json(out / "colorization.json", {"settings": settings, "colorizers": values, "differences": differences})
    grid = picture_grid(firsts, pictures)
    write_image(out / "pictures.png", (grid.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy())
    return text


def _entries(row: Mapping[str, Estimate]) -> dict[str, dict[str, Any]]:
    return {key: estimate.entry("normal") for key, estimate in row.items()}
