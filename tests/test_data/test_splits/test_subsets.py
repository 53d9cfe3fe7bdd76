"""Subsets by person: nested, of an exact size, the same for raw and enhanced images."""

import random

import pytest

from data.errors import UserError
from data.splits.subsets import first_images
from tests.test_data.test_splits.test_folds import coco


def ids(subset: dict) -> list[int]:
    return [image["id"] for image in subset["images"]]


def toy(rng: random.Random, suffix: str = "png") -> dict:
    """40 images of at most 12 persons and 4 of nobody, 30 lesions."""
    patients = [f"p{rng.randrange(12)}" for _ in range(40)] + [None] * 4
    return coco(patients, [(rng.randint(1, 44), 1) for _ in range(30)], suffix=suffix)


def slow_twin(whole: dict, number: int, persons: list) -> list[int]:
    """Walk through persons in the order in which they come first; an image of nobody is a person."""
    taken: list[int] = []
    for person in persons:
        mine = [i["id"] for i in whole["images"] if person in (i["patient_id"], i["id"])]
        taken += sorted(mine, key=str)[: number - len(taken)]
    return sorted(taken)


@pytest.mark.parametrize("seed", range(5))
def test_person_after_person_until_there_are_enough(seed):
    whole, persons, before = toy(random.Random(seed)), [], set()
    for number in range(1, 45):
        taken = ids(first_images(whole, number, seed))
        (new,) = set(taken) - before  # the smaller set is in it
        person = whole["images"][new - 1]["patient_id"] or new
        persons += [person] if person not in persons else []
        assert taken == slow_twin(whole, number, persons)
        before = set(taken)
    assert first_images(whole, 44, seed) == whole


def test_annotations_go_with_their_images():
    subset = first_images(toy(random.Random(0)), 20)
    kept = [a for a in toy(random.Random(0))["annotations"] if a["image_id"] in ids(subset)]
    assert subset["annotations"] == kept and 0 < len(kept) < 30
    assert subset["categories"] == toy(random.Random(0))["categories"]


def test_names_and_order_of_the_file_change_nothing():
    whole, enhanced = toy(random.Random(3), "jpg"), toy(random.Random(3), "png")
    turned = whole | {"images": whole["images"][::-1]}
    assert ids(first_images(whole, 17, 2)) == ids(first_images(enhanced, 17, 2))
    assert ids(first_images(whole, 17, 2)) == ids(first_images(turned, 17, 2))[::-1]


def test_another_seed_takes_other_persons():
    whole = toy(random.Random(4))
    assert len({tuple(ids(first_images(whole, 15, seed))) for seed in range(6)}) == 6


@pytest.mark.parametrize("number", [-1, 0, 45])
def test_what_is_not_there_cannot_be_taken(number):
    with pytest.raises(UserError, match=f"{number} of 44 images cannot be taken; give a number from 1 to 44"):
        first_images(toy(random.Random(0)), number)
