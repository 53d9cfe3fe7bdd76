"""Down-sampling to the smallest class."""

import numpy as np
import pytest

from data.balance import balanced_indices


def one_hot(classes, count):
    return np.eye(count, dtype=np.float32)[list(classes)]


@pytest.mark.parametrize("seed", range(5))
def test_every_class_keeps_as_many_as_the_smallest(seed):
    classes = np.random.default_rng(seed).permutation([0] * 20 + [1] * 3 + [2] * 9)
    kept = balanced_indices(one_hot(classes, 3), seed)
    assert len(set(kept.tolist())) == 9
    assert kept.tolist() == sorted(kept.tolist())
    assert np.bincount(classes[kept]).tolist() == [3, 3, 3]
    assert set(np.flatnonzero(classes == 1)) <= set(kept)


def test_the_seed_decides_and_every_image_has_its_chance():
    labels = one_hot([0] * 10 + [1] * 2, 2)
    assert np.array_equal(balanced_indices(labels, 3), balanced_indices(labels, 3))
    drawn = np.concatenate([balanced_indices(labels, seed) for seed in range(500)])
    counts = np.bincount(drawn, minlength=12)
    assert counts[10:].tolist() == [500, 500]
    assert 60 < counts[:10].min() <= counts[:10].max() < 140


def test_a_balanced_set_stays_whole():
    assert balanced_indices(one_hot([1, 0, 0, 1], 2)).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("rows", [[[1, 1], [0, 1]], [[0, 0], [0, 1]], [[1, np.nan], [0, 1]], [[2, -1], [0, 1]]])
def test_rows_of_none_or_several_classes_are_refused(rows):
    with pytest.raises(ValueError, match="exactly one class per image"):
        balanced_indices(np.array(rows, dtype=np.float32))


def test_empty_classes_are_refused():
    with pytest.raises(ValueError, match=r"no images of label number \[1\]"):
        balanced_indices(one_hot([0, 2], 3))
