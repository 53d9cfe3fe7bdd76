"""Batches of images with their targets and maps."""

import numpy as np
import pytest
import torch

from data.images.image_io import read_grayscale
from data.images.resize import resize
from enhance.evaluation.measures.floors import center_gaussian, random_maps
from enhance.evaluation.measures.replacement import predictor
from enhance.evaluation.report.batch import FLOORS, all_maps, read_batch
from enhance.evaluation.report.cases import read_cases
from tests.test_enhance.attention_cases import LABELS, SIDE, method_set, settings, write_set


@pytest.fixture
def cases(tmp_path):
    write_set(tmp_path)
    return read_cases(tmp_path, "test.json", LABELS)


def read(tmp_path, cases, both, failed=None, **options):
    chosen = settings(tmp_path, **options)
    return read_batch(both, cases, chosen, predictor(both.classifier), {} if failed is None else failed)


def test_images_are_as_in_training_and_targets_the_most_probable(tmp_path, cases):
    both = method_set()
    batch = read(tmp_path, cases[2:4], both)
    expected = np.stack([resize(read_grayscale(tmp_path / f"images/{i}.png"), SIDE, SIDE) for i in (2, 3)])
    torch.testing.assert_close(batch.images, torch.from_numpy(expected)[:, None] / 255)
    torch.testing.assert_close(batch.probabilities, predictor(both.classifier)(batch.images))
    assert torch.equal(batch.targets, batch.probabilities.argmax(1))


def test_ignored_classes_are_no_targets_and_one_target_can_be_asked_for(tmp_path, cases):
    both = method_set()
    top = LABELS[int(read(tmp_path, cases[:1], both).targets[0])]
    assert LABELS[int(read(tmp_path, cases[:1], both, ignore_labels=[top]).targets[0])] != top
    assert read(tmp_path, cases, both, target="label 2").targets.tolist() == [2] * 7


def test_correct_needs_the_label_and_the_prediction(tmp_path, cases):
    sigmoid = method_set()
    batch = read(tmp_path, cases, sigmoid, target="label 0")
    assert batch.correct.tolist() == [True] * 6 + [False]  # the last is uncertain
    middle = float(batch.probabilities[:6, 0].median())
    batch = read(tmp_path, cases, sigmoid, target="label 0", threshold=middle)
    assert batch.correct.tolist() == [*(batch.probabilities[:6, 0] >= middle).tolist(), False]
    softmax = read(tmp_path, cases, method_set(activation="softmax"), target="label 0", threshold=0.99)
    top = softmax.probabilities.argmax(1) == 0
    assert softmax.correct.tolist() == [*top[:6].tolist(), False]


def test_what_cannot_be_read_is_named(tmp_path, cases):
    (tmp_path / "images/1.png").write_bytes(b"no image")
    (tmp_path / "images/2.png").unlink()
    failed = {}
    batch = read(tmp_path, cases[:4], method_set(), failed)
    assert [case.place for case in batch.cases] == [0, 3]
    assert list(failed) == ["images/1.png", "images/2.png"]
    assert read(tmp_path, cases[1:3], method_set(), failed) is None


def test_maps_of_methods_then_floors(tmp_path, cases):
    both = method_set()
    batch = read(tmp_path, cases[3:5], both)
    maps = list(all_maps(both, batch, seed=4))
    assert len(maps) == 3 + len(FLOORS)
    for method, own in zip(both.methods.values(), maps, strict=False):
        by_class = not hasattr(method, "raw_maps")
        expected = method(batch.images, batch.targets) if by_class else method(batch.images)
        torch.testing.assert_close(own, expected)
    torch.testing.assert_close(maps[3], random_maps([3, 4], (SIDE, SIDE), (4, 4), 4))
    torch.testing.assert_close(maps[4], center_gaussian((SIDE, SIDE)).expand(2, -1, -1))
