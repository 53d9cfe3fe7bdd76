"""MedGA: its fitness against pixels, and what its mapping keeps."""

import numpy as np
import pytest

from enhance.classical.medga import MedGA, Settings, _cross, _winners, evolve, fitness, nonzero_levels, split_points

PAPER = dict(population=100, generations=100, tournament=20, crossover=0.9, mutation=0.01, elitism=1, share=0.33)
QUICK = {**PAPER, "population": 20, "generations": 15, "tournament": 4}
RNG = np.random.default_rng(11)


def two_hills(shape=(40, 50), background=0.2):
    """Dark and bright tissue on a background of level 0."""
    bright = RNG.random(shape) < 0.4
    image = np.where(bright, RNG.normal(150, 25, shape), RNG.normal(90, 20, shape)).clip(1, 230)
    return np.where(RNG.random(shape) < background, 0, image).astype(np.uint8)


def remap(image, levels, candidate):
    table = dict(zip(levels.tolist(), candidate.tolist(), strict=True))
    return [table[int(pixel)] for pixel in image.ravel() if pixel > 0]


def slow_fitness(pixels, share):
    """The definition, all three terms, pixel by pixel; and how many pixels are dark."""
    threshold = sum(pixels) / len(pixels)
    for _ in range(1000):
        low = [pixel for pixel in pixels if pixel <= threshold]
        high = [pixel for pixel in pixels if pixel > threshold]
        if not high:
            return float("inf"), len(low)
        means = sum(low) / len(low), sum(high) / len(high)
        threshold = (means[0] + means[1]) / 2
    value = abs(2 * threshold - means[0] - means[1])
    for side, mean in zip((low, high), means, strict=True):
        deviation = (sum((pixel - mean) ** 2 for pixel in side) / len(side)) ** 0.5
        value += abs(share * (max(side) - min(side)) / 2 - deviation)
    return value, len(low)


def random_candidates(number, levels):
    return np.sort(RNG.integers(1, levels[-1] + 1, (number, len(levels))), axis=1)


@pytest.mark.parametrize("make", [two_hills, lambda: RNG.integers(0, 256, (9, 9)).astype(np.uint8)])
def test_fitness_equals_that_of_pixels(make):
    image = make()
    levels, counts = nonzero_levels(image)
    candidates = np.concatenate([levels[None], random_candidates(6, levels), np.full((1, len(levels)), 7)])
    candidates[1, : len(levels) // 2] = 1
    got, split = fitness(candidates, counts, 0.33), split_points(candidates, counts)
    for candidate, value, place in zip(candidates, got, split, strict=True):
        expected, dark = slow_fitness(remap(image, levels, candidate), 0.33)
        assert value == pytest.approx(expected, abs=1e-9)
        assert counts[:place].sum() == dark


def test_fitness_by_hand():
    """Levels 2, 4 | 10, 16, one pixel each: T = (3 + 13) / 2; sides of half range 1 and 3 have deviations 1 and 3."""
    candidates, counts = np.array([[2, 4, 10, 16]]), np.ones(4, int)
    assert split_points(candidates, counts).tolist() == [2]
    assert fitness(candidates, counts, 0.33) == pytest.approx([0.67 * 1 + 0.67 * 3])
    assert fitness(candidates, counts, 1.0) == pytest.approx([0])


def test_the_threshold_moves_on_from_the_mean():
    """The mean, 10.4, has one level below it; then T = (1 + 73.3) / 2 = 37.2 has two, and with them T = 51.0."""
    assert split_points(np.array([[1, 20, 100]]), np.array([100, 5, 10])).tolist() == [2]


def test_one_level_is_infinitely_bad():
    assert fitness(np.array([[5, 5, 5]]), np.ones(3, int), 0.33) == np.inf


def test_levels_of_the_image():
    levels, counts = nonzero_levels(np.array([[0, 3, 3], [255, 0, 7]], np.uint8))
    assert levels.tolist() == [3, 7, 255]
    assert counts.tolist() == [2, 1, 1]


def test_the_mapping_is_monotone_and_keeps_zero():
    image = two_hills()
    out = MedGA(**QUICK, seed=0).enhance_gray(image)
    levels = np.unique(image)
    mapped = np.array([np.unique(out[image == level]) for level in levels])
    assert mapped.shape == (len(levels), 1)
    assert levels[0] == mapped[0, 0] == 0
    assert (np.diff(mapped[:, 0].astype(int)) >= 0).all()
    assert mapped[1:].min() >= 1
    assert mapped.max() <= image.max()
    assert not np.array_equal(out, image)


def test_fitness_rises():
    image = two_hills((120, 120))
    levels, counts = nonzero_levels(image)
    found = MedGA(**PAPER, seed=0).evolution(image)
    identity = fitness(levels[None], counts, 0.33)[0]
    assert len(found.history) == 101
    assert (np.diff(found.history) <= 0).all()
    assert found.history[0] <= identity
    assert found.history[-1] < 0.5 * found.history[0]
    assert found.history[-1] == fitness(found.levels[None], counts, 0.33)[0]


def test_the_image_itself_is_the_first_candidate():
    levels, counts = np.array([2, 4, 10, 16]), np.ones(4, int)
    found = evolve(levels, counts, Settings(**{**QUICK, "generations": 0, "share": 1.0}), np.random.default_rng(0))
    assert found.levels.tolist() == levels.tolist()
    assert found.history.tolist() == [0]


def test_the_seed_decides():
    image, other = two_hills(), two_hills()
    enhancer = MedGA(**QUICK, seed=4)
    first = enhancer([image, other])
    second = enhancer([other, image])
    assert np.array_equal(first[0], second[1])
    assert np.array_equal(first[1], second[0])
    assert not np.array_equal(first[0], MedGA(**QUICK, seed=5)([image])[0])


@pytest.mark.parametrize("levels", [[0], [60], [0, 60], [60, 61], [0, 1, 2], [0, 30, 200], [254, 255]])
def test_images_with_few_levels(levels):
    image = np.array(levels, np.uint8)[RNG.integers(len(levels), size=(20, 20))]
    out = MedGA(**QUICK, seed=0).enhance_gray(image)
    assert out.dtype == np.uint8
    assert len(np.unique(out)) == len(np.unique(image))
    if len(np.unique(image[image > 0])) < 2:
        assert np.array_equal(out, image)
        assert out is not image


@pytest.mark.parametrize("seed", range(10))
def test_no_gene_leaves_the_range(seed):
    """The levels 1 and 2 have one mapping that keeps them apart and above 0."""
    numbers = Settings(**{**QUICK, "mutation": 1.0, "elitism": 0, "generations": 3})
    found = evolve(np.array([1, 2]), np.array([5, 4]), numbers, np.random.default_rng(seed))
    assert found.levels.tolist() == [1, 2]


@pytest.mark.parametrize(("crossover", "mutation", "moves"), [(0, 0, False), (0, 0.05, True), (1, 0, True)])
def test_crossover_and_mutation_each_make_something_new(crossover, mutation, moves):
    found = MedGA(**{**QUICK, "crossover": crossover, "mutation": mutation}, seed=0).evolution(two_hills())
    assert (found.history[-1] < found.history[0]) == moves


def test_tournaments():
    scores = np.arange(50.0)[RNG.permutation(50)]
    assert (scores[_winners(scores, 30, 2000, RNG)] == 0).all()
    assert 15 < scores[_winners(scores, 3000, 1, RNG)].mean() < 35


def test_children_change_parents_at_one_point():
    mothers, fathers = np.zeros((4000, 5), int), np.ones((4000, 5), int)
    children = _cross(mothers, fathers, 1.0, RNG)
    assert children.shape == (8000, 5)
    assert (children[:4000] + children[4000:] == 1).all()
    kinds, times = np.unique(children[:4000], axis=0, return_counts=True)
    assert kinds.tolist() == [[0, 0, 0, 0, 1], [0, 0, 0, 1, 1], [0, 0, 1, 1, 1], [0, 1, 1, 1, 1]]
    assert times.min() > 900


def test_some_pairs_do_not_cross():
    children = _cross(np.zeros((2000, 30), int), np.ones((2000, 30), int), 0.9, RNG)[:2000]
    assert 0.08 < (children.sum(1) == 0).mean() < 0.12


@pytest.mark.parametrize(
    "wrong", [dict(elitism=20), dict(generations=-1), dict(tournament=0), dict(crossover=1.1), dict(mutation=-0.1)]
)
def test_numbers_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="MedGA needs|probabilities"):
        MedGA(**{**QUICK, **wrong}, seed=0)
