import numpy as np
import pytest

from data.phantom.body import draw_anatomy
from data.phantom.radiograph import MIN_LESION_LEVEL, render


def anatomy(patient):
    return draw_anatomy(np.random.default_rng([9, patient]))


def shot(number, lesions, size=128):
    return render(anatomy(number), lesions, size, np.random.default_rng([8, number]))


def test_same_seed_same_image():
    first, second, other = shot(0, 2), shot(0, 2), shot(1, 2)
    assert first.image.dtype == np.float32
    np.testing.assert_array_equal(first.image, second.image)
    assert first.boxes == second.boxes
    assert not np.array_equal(first.image, other.image)


@pytest.mark.parametrize("size", [64, 200])
def test_range_and_boxes(size):
    counts = []
    for number in range(8):
        radiograph = shot(number, 2, size)
        assert radiograph.image.shape == (size, size)
        assert 0 <= radiograph.image.min() < 0.1
        assert 0.7 < radiograph.image.max() <= 1
        counts.append(len(radiograph.boxes))
        for x, y, width, height in radiograph.boxes:
            assert 0 <= x < x + width <= size
            assert 0 <= y < y + height <= size
            assert min(width, height) >= 0.09 * size
    assert max(counts) == 2
    assert not shot(0, 0, size).boxes


def test_too_small():
    with pytest.raises(ValueError, match="at least 64"):
        shot(0, 0, 32)


def test_it_looks_like_a_chest():
    """Air beside the neck is black; both lungs are darker than the mediastinum between them and the abdomen below."""
    mean = np.mean([shot(number, 0).image for number in range(12)], axis=0)
    corner, spine, abdomen = mean[:8, :8].mean(), mean[50:80, 60:68].mean(), mean[118:, 50:78].mean()
    right, left = mean[50:70, 30:42].mean(), mean[50:70, 86:98].mean()
    assert corner < 0.15
    assert corner < right < spine - 0.25
    assert corner < left < spine - 0.25
    assert abdomen > max(right, left) + 0.25


def test_boxes_bound_the_lesion_exactly(monkeypatch):
    """The lesion alone, taken where it is added: every border row and column of the box touches its visible part."""
    import data.phantom.radiograph as phantom

    added, original = [], phantom._lesion
    monkeypatch.setattr(phantom, "_lesion", lambda *args: added.append(original(*args)) or added[-1])
    for number in range(6):
        shot(number, 1)
    assert len(added) == 6
    for density, (x, y, width, height) in added:
        visible = density >= MIN_LESION_LEVEL * density.max() * (1 - 1e-6)
        assert visible[y : y + height, x : x + width].sum() == visible.sum()
        inside = visible[y : y + height, x : x + width]
        assert all(side.any() for side in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))


def test_lesions_are_brighter_than_the_same_place_without():
    """The same patients and poses, with and without a lesion: the box brightens against the rest of the lungs."""
    gains = []
    for number in range(20):
        sick, healthy = shot(number, 1), shot(number, 0)
        x, y, width, height = sick.boxes[0]
        middle = (slice(y + height // 4, y + 3 * height // 4), slice(x + width // 4, x + 3 * width // 4))
        gains.append(sick.image[middle].mean() - healthy.image[middle].mean())
    assert np.mean(gains) > 0.05
    assert np.mean(np.array(gains) > 0) > 0.8


def test_fainter_lesions_lie_in_the_same_boxes():
    """Half the contrast adds half the density before the exposure, which is close to linear."""
    gains = []
    for number in range(8):
        shots = [
            render(anatomy(number), 1, 128, np.random.default_rng([8, number]), contrast) for contrast in (0, 0.5, 1)
        ]
        assert shots[0].boxes == shots[1].boxes == shots[2].boxes
        x, y, width, height = shots[0].boxes[0]
        none, half, full = (each.image[y : y + height, x : x + width].mean() for each in shots)
        gains.append((half - none) / (full - none))
    assert 0.4 < np.median(gains) < 0.6
    np.testing.assert_array_equal(shots[2].image, shot(7, 1).image)


def test_lesion_boxes_do_not_overlap():
    for number in range(10):
        cover = np.zeros((128, 128), int)
        for x, y, width, height in shot(number, 3).boxes:
            cover[y : y + height, x : x + width] += 1
        assert cover.max() <= 1


def test_median_lesion_side():
    boxes = np.array([box for number in range(60) for box in shot(number, 1).boxes]) / 128
    assert 0.18 < np.median(np.sqrt(boxes[:, 2] * boxes[:, 3])) < 0.26
