"""The AFROC figure of merit: numbers worked by hand, and a double loop over images and lesions."""

import numpy as np
import pytest

from detect.froc.afroc import figure_of_merit
from detect.froc.curve import MatchedSet, RankedSet
from detect.froc.matching import DUPLICATE, FALSE_POSITIVE, IGNORED

NEVER = -np.inf

# The example of test_froc.py. Lesions: a1 found at 0.9, a2 at 0.5 (image A), b1 at 0.7 (B). Highest false positives:
# A 0.7 (a duplicate; without it 0.6), B 0.4 (0.85 there is ignored), C 0.8; only C is without lesions.
# AFROC: a1 beats 0.8, a2 and b1 do not: 1/3.
# AFROC1 (A, B, C): a1 beats all three, a2 beats B, b1 ties with A and beats B: (3 + 1 + 1.5) / 9 = 5.5/9;
# without duplicates b1 beats A: 6/9.
SCORES = np.array([0.9, 0.85, 0.8, 0.7, 0.7, 0.6, 0.5, 0.4])
FOUND = np.array([0, IGNORED, FALSE_POSITIVE, DUPLICATE, 2, FALSE_POSITIVE, 1, FALSE_POSITIVE])
IMAGE = np.array([0, 1, 2, 0, 1, 0, 0, 1])
LESION_IMAGE = np.array([0, 0, 1])


def ranked(scores=SCORES, found=FOUND, image=IMAGE, lesion_image=LESION_IMAGE, num_images=3, duplicates="fp"):
    arrays = (np.asarray(a) for a in (scores, found, image, lesion_image))
    return RankedSet(MatchedSet(*arrays, num_images), duplicates)


@pytest.mark.parametrize(("duplicates", "all_images"), [("fp", 5.5 / 9), ("ignore", 6 / 9)])
def test_the_example_by_hand(duplicates: str, all_images: float) -> None:
    example = ranked(duplicates=duplicates)
    np.testing.assert_allclose(figure_of_merit(example), [1 / 3], rtol=1e-14)
    np.testing.assert_allclose(figure_of_merit(example, all_images=True), [all_images], rtol=1e-14)


def test_weights_of_the_example_by_hand() -> None:
    """A twice, B not at all, C three times; then no image without lesions; then no lesion."""
    weights = np.array([[2, 0, 3], [1, 2, 0], [0, 0, 3]])
    np.testing.assert_array_equal(figure_of_merit(ranked(), weights), [0.5, np.nan, np.nan])
    # First row, pairs with A (2) and C (3): a1 beats 5, a2 none: 5 / 10. Second row, pairs with A (1) and B (2): a1
    # beats 3, a2 the 2 of B, b1 (twice) ties with A and beats B: 2 (0.5 + 2): 10 / 12.
    np.testing.assert_array_equal(figure_of_merit(ranked(), weights, all_images=True), [0.5, 10 / 12, np.nan])


def test_a_silent_detector_is_a_coin() -> None:
    empty = np.zeros(0, np.int64)
    silent = ranked(np.zeros(0), empty, empty)
    assert figure_of_merit(silent).tolist() == figure_of_merit(silent, all_images=True).tolist() == [0.5]


def test_a_perfect_and_a_blind_detector() -> None:
    perfect = ranked([0.9, 0.8], [0, 1], [0, 0], [0, 0], 2)
    assert figure_of_merit(perfect).tolist() == [1]
    blind = ranked([0.9, 0.8], [FALSE_POSITIVE, 0], [1, 0], [0], 2)
    assert figure_of_merit(blind).tolist() == [0]
    # A missed lesion against an image without false positives is a tie: (1 + 1/2) / 2.
    half = ranked([0.9], [0], [0], [0, 0], 2)
    assert figure_of_merit(half).tolist() == [0.75]


def test_without_lesion_free_images_there_is_no_afroc() -> None:
    crowded = ranked([0.9, 0.8], [0, FALSE_POSITIVE], [0, 0], [0, 1], 2)
    assert np.isnan(figure_of_merit(crowded)).all()
    # Images 0 (0.8) and 1 (none): the lesion at 0.9 beats both, the missed one loses and ties.
    assert figure_of_merit(crowded, all_images=True).tolist() == [(2 + 0.5) / 4]


def test_only_the_highest_false_positive_of_an_image_matters() -> None:
    one = ranked([0.9, 0.8], [FALSE_POSITIVE, 0], [1, 0], [0], 3)
    many = ranked([0.9, 0.8, 0.7, 0.6], [FALSE_POSITIVE, 0, FALSE_POSITIVE, FALSE_POSITIVE], [1, 0, 1, 1], [0], 3)
    assert figure_of_merit(one).tolist() == figure_of_merit(many).tolist() == [0.5]


def slow_figure_of_merit(matched: MatchedSet, duplicates: str, all_images: bool) -> float:
    """The definition: every image against every lesion."""
    codes = (FALSE_POSITIVE, DUPLICATE) if duplicates == "fp" else (FALSE_POSITIVE,)
    rows = list(zip(matched.scores.tolist(), matched.found.tolist(), matched.image.tolist(), strict=True))
    total, pairs = 0.0, 0
    for i in range(matched.num_images):
        if not all_images and i in matched.lesion_image:
            continue
        highest = max((score for score, found, image in rows if image == i and found in codes), default=NEVER)
        for j in range(len(matched.lesion_image)):
            score = next((score for score, found, _ in rows if found == j), NEVER)
            total += 1 if score > highest else 0.5 if score == highest else 0
            pairs += 1
    return total / pairs if pairs else np.nan


def random_set(seed: int) -> MatchedSet:
    rng = np.random.default_rng(seed)
    images, lesions, count = int(rng.integers(1, 7)), int(rng.integers(1, 6)), int(rng.integers(0, 20))
    found = rng.choice([FALSE_POSITIVE, DUPLICATE, IGNORED], count)
    lesion_image, image = rng.integers(0, images, lesions), rng.integers(0, images, count)
    for row, lesion in zip(rng.permutation(count), rng.permutation(lesions)[: rng.integers(0, 6)], strict=False):
        found[row], image[row] = lesion, lesion_image[lesion]
    return MatchedSet(rng.integers(0, 6, count) / 5, found, image, lesion_image, images)


@pytest.mark.parametrize("all_images", [False, True])
@pytest.mark.parametrize("duplicates", ["fp", "ignore"])
def test_random_sets_agree_with_a_double_loop(duplicates: str, all_images: bool) -> None:
    values = []
    for seed in range(150):
        matched = random_set(seed)
        expected = slow_figure_of_merit(matched, duplicates, all_images)
        got = figure_of_merit(RankedSet(matched, duplicates), all_images=all_images)
        np.testing.assert_allclose(got, [expected], rtol=1e-12, err_msg=str(seed))
        values.append(expected)
    assert len(set(values)) > 20
