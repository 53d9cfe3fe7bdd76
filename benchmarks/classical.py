"""Claim: enhancers without learning are as fast as the field's libraries, on one core.

    python -m benchmarks.classical                     # the phantom, 512 pixels
    python -m benchmarks.classical --images FOLDER

- CLAHE beside scikit-image's `equalize_adapthist` with tiles of the same size (blended otherwise, so not the same
  pixels); the limit is OpenCV's own filter on one gray image, whose pixels it has.
- AFDA beside the same with a mask laid cell by cell; the pixels have to be equal.
- MedGA's judgement of a population beside one candidate after the other on its histogram (`benchmarks/medga.py`); the
  numbers have to be equal.

Processor seconds, the best of some rounds taken in turn.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from skimage.exposure import equalize_adapthist

from benchmarks.measuring import best_in_turn
from benchmarks.medga import load, one_by_one
from benchmarks.record import Row, add_json, report
from enhance.classical.afda import RING_1, RING_2, fractional_sharpen
from enhance.classical.medga import fitness, nonzero_levels
from enhance.recipe import build_enhancer, load_recipe

CONFIGS = Path(__file__).parents[1] / "configs/enhance"


def clahe(images: Sequence[np.ndarray], rounds: int) -> Row:
    enhancer = build_enhancer(load_recipe(CONFIGS / "clahe.py"))
    columns, rows = enhancer.tile_grid
    tile = [images[0].shape[0] // rows, images[0].shape[1] // columns]
    filter_ = cv2.createCLAHE(clipLimit=enhancer.clip_limit, tileGridSize=enhancer.tile_grid)
    assert np.array_equal(enhancer([images[0]])[0][..., 0], filter_.apply(images[0]))
    works = {
        "ours": lambda: enhancer(list(images)),
        "skimage": lambda: [equalize_adapthist(image, tile) for image in images],
        "opencv": lambda: [filter_.apply(image) for image in images],
    }
    ours, peer, limit = (len(images) / seconds for seconds in best_in_turn(works, rounds).values())
    return Row("CLAHE", "images/s", ours, peer, "scikit-image", limit)


def cell_by_cell(image: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Sum 25 shifted images, each times the cell of every pixel's own mask."""
    height, width = image.shape
    padded = np.pad(image.astype(np.float64), 2, mode="edge")
    total, weights = np.zeros(image.shape), np.zeros(image.shape)
    ring_1 = np.pad(RING_1, 1)
    for y in range(5):
        for x in range(5):
            cell = 8.0 * (x == y == 2) - order * ring_1[y, x] + order * (order - 1) / 2 * RING_2[y, x]
            total += cell * padded[y : y + height, x : x + width]
            weights += cell
    return total / weights


def afda(images: Sequence[np.ndarray], rounds: int) -> Row:
    rng = np.random.default_rng(0)
    orders = [rng.uniform(0, 0.8, image.shape) for image in images]
    pairs = list(zip(images, orders, strict=True))
    np.testing.assert_allclose(fractional_sharpen(*pairs[0]), cell_by_cell(*pairs[0]), atol=1e-9)
    works = {
        "ours": lambda: [fractional_sharpen(*pair) for pair in pairs],
        "cells": lambda: [cell_by_cell(*pair) for pair in pairs],
    }
    ours, peer = (len(images) / seconds for seconds in best_in_turn(works, rounds).values())
    return Row("AFDA, its filter", "images/s", ours, peer, "mask cell by cell")


def medga(image: np.ndarray, rounds: int) -> Row:
    enhancer = build_enhancer(load_recipe(CONFIGS / "medga.py"))
    settings, rng = enhancer.settings, np.random.default_rng(0)
    levels, counts = nonzero_levels(image)
    candidates = np.sort(rng.integers(1, levels[-1] + 1, (settings.population, len(levels))), axis=1)
    works = {
        "ours": lambda: fitness(candidates, counts, settings.share),
        "one by one": lambda: one_by_one(image, levels, candidates, settings.share, bins=True),
    }
    np.testing.assert_allclose(*(work() for work in works.values()), atol=1e-6)
    ours, peer = (len(candidates) / seconds for seconds in best_in_turn(works, rounds).values())
    return Row("MedGA, its fitness", "candidates/s", ours, peer, "one by one on the histogram")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", metavar="DIR", help="folder with images; default: the phantom")
    parser.add_argument("--size", type=int, default=512, help="side in pixels (default 512)")
    parser.add_argument("--rounds", type=int, default=5, help="the best counts (default 5)")
    add_json(parser)
    args = parser.parse_args(argv)
    cv2.setNumThreads(1)
    images = load(args.images, 4, args.size)
    report([clahe(images, args.rounds), afda(images, args.rounds), medga(images[0], args.rounds)], args.json)


if __name__ == "__main__":
    main()
