"""MedGA: a genetic algorithm looks for a new gray level for each old one (Rundo et al., Expert Systems with
Applications 119, 2019).

Written from the definition; the reference implementation was not read. The best histogram has two sides, below and
above its threshold, each with a half range of three deviations, as nearly all of a normal distribution has.

Candidates are judged on the histogram, never on pixels: a candidate is a sorted list of new levels, one for each level
of the image, and the pixels of a level move together. The whole population is one array.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from mmengine.registry import MODELS

from data.errors import UserError
from enhance.classical.base import ClassicalEnhancer


class Settings(NamedTuple):
    """The numbers of the source.

    Attributes:
        population: Candidates, P.
        generations: How often the population is replaced.
        tournament: Candidates per tournament.
        crossover: Probability for a pair of parents.
        mutation: Probability for a gene.
        elitism: Best candidates that stay as they are.
        share: Deviation of a side as a share of its half range.
    """

    population: int
    generations: int
    tournament: int
    crossover: float
    mutation: float
    elitism: int
    share: float


class Evolution(NamedTuple):
    """What the algorithm found.

    Attributes:
        levels: New gray levels, (n,), rising, one for each old one.
        history: Best fitness of the first population and after each generation, float64 (generations + 1,).
    """

    levels: np.ndarray
    history: np.ndarray


def split_points(candidates: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """How many levels of each candidate lie on the low side of its iterative threshold (Ridler & Calvard 1978).

    T begins at the mean and becomes the mean of the means of both sides, levels <= T and levels > T, until it stays. It
    moves in one direction only (a higher T raises both means), so that it arrives.

    Args:
        candidates: New levels, (P, n), rows sorted.
        counts: Pixels of each level, (n,), above 0.

    Returns:
        int64 (P,) in 1 ... n; n where all levels are one (the high side is empty).
    """
    pixels = counts.cumsum()
    sums = (candidates * counts).cumsum(1)
    total, rows = sums[:, -1], np.arange(len(candidates))
    threshold = total / pixels[-1]
    while True:
        split = (candidates <= threshold[:, None]).sum(1)
        low_sum, low_pixels = sums[rows, split - 1], pixels[split - 1]
        high_pixels = pixels[-1] - low_pixels
        low_mean = low_sum / low_pixels
        high_mean = np.where(high_pixels > 0, (total - low_sum) / np.maximum(high_pixels, 1), low_mean)
        moved = (low_mean + high_mean) / 2
        if np.array_equal((candidates <= moved[:, None]).sum(1), split):
            return split
        threshold = moved


def fitness(candidates: np.ndarray, counts: np.ndarray, share: float) -> np.ndarray:
    """|2 T - mu_1 - mu_2| + |share hw_1 - sigma_1| + |share hw_2 - sigma_2| of each candidate; lower is better.

    mu, sigma and hw are mean, deviation and half range of the pixels on either side of the iterative threshold T. T has
    arrived where it equals (mu_1 + mu_2) / 2, so that the first term is 0 for every candidate; it would count only
    for a T that stops early, and is left out of the sum.

    Our reading: pixels of level 0 are background and count nowhere; a candidate with one level only has no two sides,
    and is infinitely bad.

    Args:
        candidates: New levels, (P, n), rows sorted.
        counts: Pixels of each level, (n,), above 0.
        share: Deviation of a side as a share of its half range; 0.33 in the source.

    Returns:
        float64 (P,), at least 0.
    """
    split = split_points(candidates, counts)
    last = candidates.shape[1] - 1
    is_low = np.arange(last + 1) < split[:, None]
    rows = np.arange(len(candidates))
    low = _misfit(candidates, np.where(is_low, counts, 0), candidates[:, 0], candidates[rows, split - 1], share)
    beyond = candidates[rows, np.minimum(split, last)]
    high = _misfit(candidates, np.where(is_low, 0, counts), beyond, candidates[:, -1], share)
    return np.where(split <= last, low + high, np.inf)


def _misfit(
    levels: np.ndarray, counts: np.ndarray, lowest: np.ndarray, highest: np.ndarray, share: float
) -> np.ndarray:
    """|share hw - sigma| of one side of each candidate: `counts` (P, n) is 0 for levels of the other side."""
    pixels = np.maximum(counts.sum(1), 1)
    mean = (levels * counts).sum(1) / pixels
    variance = (counts * (levels - mean[:, None]) ** 2).sum(1) / pixels
    return np.abs(share * (highest - lowest) / 2 - np.sqrt(variance))


def evolve(levels: np.ndarray, counts: np.ndarray, settings: Settings, rng: np.random.Generator) -> Evolution:
    """Look for the new levels of least fitness.

    Our reading: new levels are drawn uniformly from [1, the image's highest level] and sorted. Parents win a tournament
    (drawn with replacement); a pair crosses with probability `crossover`, at one point; each gene of a child is drawn
    anew with probability `mutation`; children are sorted again.
    Departure: the first candidate of the first population is the image as it is, so that, with elitism, the result is
    never worse than the image.

    Args:
        levels: The image's levels above 0, (n,), rising, n >= 2.
        counts: Pixels of each, (n,), above 0.
        settings: The numbers.
        rng: Draws everything.
    """
    highest, kept = int(levels[-1]), settings.elitism
    candidates = np.sort(rng.integers(1, highest + 1, (settings.population, len(levels))), axis=1)
    candidates[0] = levels
    scores = fitness(candidates, counts, settings.share)
    history = [scores.min()]
    for _ in range(settings.generations):
        elite = candidates[np.argsort(scores, kind="stable")[:kept]]
        pairs = (settings.population - kept + 1) // 2
        mothers, fathers = (candidates[_winners(scores, pairs, settings.tournament, rng)] for _ in range(2))
        children = _cross(mothers, fathers, settings.crossover, rng)[: settings.population - kept]
        drawn = rng.random(children.shape) < settings.mutation
        children[drawn] = rng.integers(1, highest + 1, drawn.sum())
        candidates = np.concatenate([elite, np.sort(children, axis=1)])
        scores = fitness(candidates, counts, settings.share)
        history.append(scores.min())
    return Evolution(candidates[scores.argmin()], np.array(history))


def _winners(scores: np.ndarray, number: int, tournament: int, rng: np.random.Generator) -> np.ndarray:
    """Places of the best of `number` tournaments."""
    drawn = rng.integers(len(scores), size=(number, tournament))
    return drawn[np.arange(number), scores[drawn].argmin(1)]


def _cross(mothers: np.ndarray, fathers: np.ndarray, crossover: float, rng: np.random.Generator) -> np.ndarray:
    """Two children per pair, (2 pairs, n): first all that begin as mothers, then all that begin as fathers."""
    pairs, genes = mothers.shape
    crosses = rng.random((pairs, 1)) < crossover
    swapped = crosses & (np.arange(genes) >= rng.integers(1, genes, (pairs, 1)))
    return np.concatenate([np.where(swapped, fathers, mothers), np.where(swapped, mothers, fathers)])


@MODELS.register_module()
class MedGA(ClassicalEnhancer):
    """Remap the gray levels above 0 as `evolve` finds best; level 0 stays 0, and order is kept.

    An image with fewer than two levels above 0 is given back as it is. Each image gets a generator of its own, so that
    the result depends on the image and `seed` alone.

    Args:
        seed: Of each image's generator.
        population, generations, tournament, crossover, mutation, elitism, share: See `Settings`.

    Raises:
        UserError: If a number is out of its range.
    """

    def __init__(
        self,
        population: int,
        generations: int,
        tournament: int,
        crossover: float,
        mutation: float,
        elitism: int,
        share: float,
        seed: int,
    ) -> None:
        super().__init__()
        if not 0 <= elitism < population or generations < 0 or tournament < 1:
            raise UserError("MedGA needs 0 <= elitism < population, generations >= 0 and tournament >= 1")
        if not (0 <= crossover <= 1 and 0 <= mutation <= 1):
            raise UserError(f"crossover and mutation are probabilities, got {crossover} and {mutation}")
        self.settings = Settings(population, generations, tournament, crossover, mutation, elitism, share)
        self.seed = seed

    def evolution(self, image: np.ndarray) -> Evolution:
        """What is found for one gray image (H, W) uint8 with at least two levels above 0."""
        return evolve(*nonzero_levels(image), self.settings, np.random.default_rng(self.seed))

    def enhance_gray(self, image: np.ndarray) -> np.ndarray:
        """Enhance one gray image, (H, W) uint8 to (H, W) uint8."""
        levels, _ = nonzero_levels(image)
        if len(levels) < 2:
            return image.copy()
        table = np.zeros(256, np.uint8)
        table[levels] = self.evolution(image).levels
        return table[image]


def nonzero_levels(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levels above 0 that the image (H, W) uint8 has, rising, and the pixels of each; int64 (n,) both."""
    histogram = np.bincount(image.ravel(), minlength=256)
    levels = np.flatnonzero(histogram[1:]) + 1
    return levels, histogram[levels]
