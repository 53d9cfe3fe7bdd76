"""Planted copies are found between two sets, and nothing else."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.leaks import near_duplicates as module
from tests.paths import ROOT
from tests.test_data.test_leaks.test_similarity import CHANGES, jpeg, scene


def near_duplicates(first, second, workers=0):
    return module.near_duplicates(first, second, module.hash_images([*first, *second], workers), workers)


REAL = ROOT.parent / "shared/data/nih512"


@pytest.fixture
def sets(tmp_path):
    """Eight and twelve images of their own."""
    sides = {}
    for name, seeds in (("test", range(8)), ("train", range(100, 112))):
        (tmp_path / name).mkdir()
        sides[name] = [tmp_path / name / f"{seed}.png" for seed in seeds]
        for file, seed in zip(sides[name], seeds, strict=True):
            cv2.imwrite(str(file), scene(seed))
    return sides


@pytest.mark.parametrize("workers", [0, 2])
def test_planted_copies_are_found(sets, workers):
    assert near_duplicates(sets["test"], sets["train"], workers) == []
    planted = {}
    for place, (name, change) in enumerate(CHANGES.items()):
        if place < len(sets["test"]):
            copy = sets["train"][0].parent / f"copy_{name}.tif"
            cv2.imwrite(str(copy), change(cv2.imread(str(sets["test"][place]), cv2.IMREAD_GRAYSCALE)))
            planted[sets["test"][place]] = copy
    found = near_duplicates(sets["test"], [*sets["train"], *planted.values()], workers)
    assert {pair.first: pair.second for pair in found} == planted and len(found) == len(planted)
    assert all(0.75 <= pair.similarity <= 1.0001 for pair in found)


def test_unreadable_and_flat_images_have_no_pair(sets):
    sets["train"][0].write_bytes(b"damaged")
    for file in (sets["test"][0], sets["train"][1]):
        cv2.imwrite(str(file), np.zeros((40, 40), np.uint8))
    assert near_duplicates(sets["test"], sets["train"]) == []
    assert near_duplicates([], sets["train"]) == near_duplicates(sets["test"], []) == []


def test_a_file_of_both_sets_is_a_pair(sets):
    assert [pair[:2] for pair in near_duplicates(sets["test"], [*sets["train"], sets["test"][3]])] == [
        (sets["test"][3], sets["test"][3])
    ]


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real images beside the project")
def test_real_radiographs_have_planted_copies_only(tmp_path):
    """Of NIH's images, split by person: none, until four of the test are saved again among those of the training."""
    test, train = (
        [REAL / image["file_name"] for image in json.loads((REAL / f"lesions_{side}.json").read_bytes())["images"]]
        for side in ("test", "train")
    )
    test = test[:60]
    planted = {}
    for file, change in zip(
        test, [np.copy, CHANGES["half"], lambda image: jpeg(image, 20), CHANGES["gamma"]], strict=False
    ):
        planted[file] = tmp_path / f"{file.stem}.png"
        cv2.imwrite(str(planted[file]), change(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)))
    found = near_duplicates(test, [*train[:200], *planted.values()])
    assert {pair.first: pair.second for pair in found} == planted and len(found) == 4


def test_paths_may_be_given_twice(sets):
    assert near_duplicates(sets["test"] * 2, sets["train"] * 2) == []
    assert isinstance(sets["test"][0], Path)
