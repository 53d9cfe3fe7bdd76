"""The error of the `render_size` shortcut of `ColorizationGAN.colorize`; a part of `benchmarks/colorizer.py`.

Both ways color the same images by the same weights: the generator sees the whole image, or a smaller one whose longer
side is `render_size`, and its change is scaled up. Numbers are means over the images with 95 % bootstrap intervals over
images:

- ab error: mean distance in the a*b* plane between the two. The row "gray" holds the distance of the full rendering
  from a gray image, that is, how much color there is to lose.
- luma difference: mean absolute difference of the luma (BT.601) between the two, in levels of 8 bits.
- to the truth: mean ab error of the shortcut minus that of the full rendering, both against the image's own colors;
  negative is in favor of the shortcut. Only images that have colors count.
- time: processor time of the shortcut over that of the full rendering, median over images.

What it means: the shortcut does what it claims if the ab error is small beside the row "gray". Where it is not, the two
renderings are two colorings of one image, since the network sees objects at another scale; which one is nearer to the
truth says the third column. With `keep_luminance` both have the luma of the input, and differ in chroma alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from colorize_gan.color import luminance
from colorize_gan.evaluation.color_metric import ab_error
from data.images.find import find_images
from data.images.image_io import read_color
from enhance.recipe import build_enhancer, load_colorizer
from reporting.intervals import percentile_interval
from reporting.resampling import resample_weights

RESAMPLES = 1000
LEVELS = 255


def load(folder: Path, number: int) -> list[Tensor]:
    """Color images (1, 3, H, W) in [0, 1], evenly spaced in the sorted folder.

    Raises:
        ValueError: if the folder has none, or one cannot be read.
    """
    found = find_images(folder)
    if not found:
        raise ValueError(f"no images below {folder}: give a folder with PNG, JPEG, TIFF, BMP or DICOM files")
    chosen = [found[i] for i in np.unique(np.linspace(0, len(found) - 1, number).round().astype(int))]
    return [torch.from_numpy(read_color(folder / path)).permute(2, 0, 1)[None].float() / 255 for path in chosen]


def timed(colorize: Callable[..., Tensor], gray: Tensor, **options: Any) -> tuple[Tensor, float]:
    """The colored image and the time it took, in seconds."""
    clock = time.perf_counter if gray.is_cuda else time.process_time
    start = clock()
    result = colorize(gray, **options)
    if gray.is_cuda:
        torch.cuda.synchronize()
    return result, clock() - start


def compare_image(colorizer: Any, truth: Tensor, sizes: Sequence[int], keep: bool) -> list[list[float]]:
    """One row for "gray" and one a render size: ab error, luma difference, difference to the truth, time ratio."""
    gray = luminance(truth)
    full, full_seconds = timed(colorizer.colorize, gray, render_size=0, keep_luminance=keep)
    colored = bool((truth - gray).abs().max() * LEVELS > 1)
    full_error = float(ab_error(truth, full)) if colored else np.nan
    rows = []
    for size in (None, *sizes):
        if size is None:
            image, taken = gray.expand(-1, 3, -1, -1), 0.0
        else:
            image, taken = timed(colorizer.colorize, gray, render_size=size, keep_luminance=keep)
        luma = float((luminance(image) - luminance(full)).abs().mean()) * LEVELS
        to_truth = float(ab_error(truth, image)) - full_error if colored else np.nan
        rows.append([float(ab_error(full, image)), luma, to_truth, taken / full_seconds])
    return rows


def with_interval(values: NDArray[np.float64]) -> str:
    """Mean and interval of values (I,), those that are NaN left out."""
    values = values[~np.isnan(values)]
    if not len(values):
        return "-"
    means = resample_weights(range(len(values)), RESAMPLES, seed=0) @ values / len(values)
    low, high = percentile_interval(means)
    return f"{values.mean():.2f} ({low:.2f} to {high:.2f})"


def compare_render_sizes(recipe: Path, folder: Path, sizes: Sequence[int], number: int, device: torch.device) -> None:
    """Print the table.

    Raises:
        FileNotFoundError: if the recipe or its weights are missing.
        ValueError: if it has no colorizer, or the folder no image that can be read.
    """
    colorizer = build_enhancer(load_colorizer(recipe), device).colorizer
    images = [image.to(device) for image in load(folder, number)]
    sides = sorted({max(image.shape[-2:]) for image in images})
    print(f"\n{len(images)} images, longer side {sides[0]} to {sides[-1]} px, against rendering at full size")
    print(
        "| keep_luminance | render_size | ab error | luma difference | to the truth | time |\n|---|---|---|---|---|---|"
    )
    timed(colorizer.colorize, luminance(images[0]), render_size=sizes[0])
    for keep in (False, True):
        table = np.array([compare_image(colorizer, image, sizes, keep) for image in images])
        for size, values in zip(("gray", *sizes), table.transpose(1, 2, 0), strict=True):
            cells = " | ".join(with_interval(column) for column in values[:3])
            taken = "-" if size == "gray" else f"{np.median(values[3]):.2f}"
            print(f"| {keep} | {size} | {cells} | {taken} |", flush=True)
