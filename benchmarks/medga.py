"""MedGA: a population judged at once on the histogram, beside candidates judged one by one; cost and convergence.

    OMP_NUM_THREADS=1 python benchmarks/medga.py --out work_dirs/medga.png
    OMP_NUM_THREADS=1 python benchmarks/medga.py --images MY_IMAGES --num 20 --size 512 --out work_dirs/medga.png

Three ways judge the same candidates, a first population of MedGA's config, and must agree:

- population: `enhance.classical.medga.fitness`, all candidates in one call;
- histogram: each candidate by itself, on the 256 bins of its remapped pixels;
- pixels: each candidate by itself, threshold, means and deviations on the remapped pixels.

Printed is the processor time of the whole population, median over rounds, then that of a whole enhancement. The figure
shows the best fitness by generation, one thin line per image, and their mean.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from data.atomic import atomic_path
from data.images.find import find_images
from data.images.image_io import read_grayscale
from data.images.resize import resize
from data.phantom.body import draw_anatomy
from data.phantom.radiograph import render
from enhance.classical.medga import MedGA, fitness, nonzero_levels
from enhance.recipe import build_enhancer, load_recipe

RECIPE = Path(__file__).parents[1] / "configs/enhance/medga.py"


def weighted_fitness(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """The three terms of gray values (N,), each counted as often as its weight (N,) says."""
    threshold = np.average(values, weights=weights)
    while True:
        high = values > threshold
        if not weights[high].any():
            return np.inf
        means = [np.average(values[side], weights=weights[side]) for side in (~high, high)]
        if threshold == sum(means) / 2:
            break
        threshold = sum(means) / 2
    result = abs(2 * threshold - sum(means))
    for side, mean in zip((~high, high), means, strict=True):
        here = values[side][weights[side] > 0]
        deviation = np.sqrt(np.average((values[side] - mean) ** 2, weights=weights[side]))
        result += abs(share * (here.max() - here.min()) / 2 - deviation)
    return float(result)


def pixel_fitness(pixels: np.ndarray, share: float) -> float:
    """The three terms of remapped pixels (N,)."""
    threshold = pixels.mean()
    while True:
        high = pixels > threshold
        if not high.any():
            return np.inf
        sides = pixels[~high], pixels[high]
        moved = (sides[0].mean() + sides[1].mean()) / 2
        if moved == threshold:
            break
        threshold = moved
    terms = [abs(share * (int(side.max()) - int(side.min())) / 2 - side.std()) for side in sides]
    return float(abs(2 * threshold - sides[0].mean() - sides[1].mean()) + sum(terms))


def one_by_one(image: np.ndarray, levels: np.ndarray, candidates: np.ndarray, share: float, bins: bool) -> np.ndarray:
    """Fitness of each candidate from the pixels it makes, on their 256 bins or on themselves."""
    table, scores = np.zeros(256, np.uint8), []
    for candidate in candidates:
        table[levels] = candidate
        pixels = table[image[image > 0]]
        if bins:
            scores.append(weighted_fitness(np.arange(256), np.bincount(pixels, minlength=256), share))
        else:
            scores.append(pixel_fitness(pixels, share))
    return np.array(scores)


def timed(function: Callable[[], np.ndarray], rounds: int) -> tuple[np.ndarray, float]:
    """The result, and the median of the processor seconds that it took."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        result = function()
        seconds.append(time.process_time() - start)
    return result, float(np.median(seconds))


def compare(image: np.ndarray, enhancer: MedGA, rounds: int) -> None:
    """Print a table of the three ways on one image."""
    settings, rng = enhancer.settings, np.random.default_rng(enhancer.seed)
    levels, counts = nonzero_levels(image)
    candidates = np.sort(rng.integers(1, levels[-1] + 1, (settings.population, len(levels))), axis=1)
    ways = {
        "population": (lambda: fitness(candidates, counts, settings.share), 20 * rounds),
        "histogram": (lambda: one_by_one(image, levels, candidates, settings.share, bins=True), rounds),
        "pixels": (lambda: one_by_one(image, levels, candidates, settings.share, bins=False), rounds),
    }
    results = {name: timed(function, number) for name, (function, number) in ways.items()}
    scores, fastest = results["population"]
    print(f"{len(candidates)} candidates on {image.shape[0]} x {image.shape[1]} pixels, {len(levels)} levels")
    print("| way | ms a population | times as long | largest difference |\n|---|---|---|---|")
    for name, (values, seconds) in results.items():
        apart = np.abs(values - scores).max()
        print(f"| {name} | {1000 * seconds:.2f} | {seconds / fastest:.0f} | {apart:.1e} |", flush=True)


def converge(images: Sequence[np.ndarray], enhancer: MedGA) -> np.ndarray:
    """Best fitness by generation (images, generations + 1); prints the cost of an image."""
    histories, seconds = [], []
    for image in images:
        start = time.process_time()
        enhancer([image])
        seconds.append(time.process_time() - start)
        histories.append(enhancer.evolution(image).history)
    first, last = np.array(histories)[:, 0], np.array(histories)[:, -1]
    print(f"\nwhole enhancement: {np.median(seconds):.3f} s an image (median of {len(images)})")
    print(f"best fitness: {first.mean():.2f}, after {enhancer.settings.generations} generations {last.mean():.2f}")
    return np.array(histories)


def draw(histories: np.ndarray, out: Path) -> None:
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.plot(histories.T, color="0.7", linewidth=0.8)
    axes.plot(histories.mean(0), color="C0", linewidth=2, label=f"mean of {len(histories)} images")
    axes.set(
        xlabel="generation", ylabel="best fitness (lower is better)", xlim=(0, histories.shape[1] - 1), ylim=(0, None)
    )
    axes.legend(frameon=False)
    with atomic_path(out) as temporary:
        figure.savefig(temporary, dpi=150)
    plt.close(figure)


def load(folder: str | None, number: int, size: int) -> list[np.ndarray]:
    """Gray images (size, size) uint8: the first of a folder that MedGA changes, or of the phantom.

    Raises:
        ValueError: If the folder has none, or an image cannot be read.
    """
    if folder is not None:
        found = (resize(read_grayscale(Path(folder) / path), size, size) for path in find_images(Path(folder)))
        some = list(islice((image for image in found if len(nonzero_levels(image)[0]) > 1), number))
        if not some:
            raise ValueError(f"no image with two gray levels above 0 below {folder}")
        return some
    images = []
    for index in range(number):
        rng = np.random.default_rng([index])
        images.append(np.round(render(draw_anatomy(rng), 2, size, rng).image * 255).astype(np.uint8))
    return images


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", metavar="DIR", help="folder with images; default: the phantom")
    parser.add_argument("--num", type=int, default=10, help="images for the cost and the figure (default 10)")
    parser.add_argument("--size", type=int, default=512, help="side in pixels (default 512)")
    parser.add_argument("--rounds", type=int, default=3, help="of the slow ways; the fast one gets 20 times as many")
    parser.add_argument("--out", type=Path, required=True, metavar="PNG", help="the convergence figure")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    try:
        images = load(args.images, args.num, args.size)
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f"error: {error}")
    enhancer = build_enhancer(load_recipe(RECIPE))
    compare(images[0], enhancer, args.rounds)
    draw(converge(images, enhancer), args.out)
    print(args.out)


if __name__ == "__main__":
    main()
