"""Which images an epoch takes."""

from training.partial_sampler import PartialSampler


def epochs(sampler: PartialSampler, count: int = 2) -> list[list[int]]:
    drawn = []
    for epoch in range(count):
        sampler.set_epoch(epoch)
        drawn.append(list(sampler))
    return drawn


def test_a_pass_takes_every_image_once():
    sampler = PartialSampler(range(100), num_images=30, seed=3)
    first, second, third, fourth = epochs(sampler, 4)
    assert len(sampler) == len(first) == 30
    assert len({*first, *second, *third}) == 90 and {*first, *second, *third} < set(range(100))
    assert fourth != first and len(set(fourth)) == 30
    assert epochs(PartialSampler(range(100), num_images=30, seed=3), 2) == [first, second]
    assert epochs(PartialSampler(range(100), num_images=30, seed=4)) != [first, second]


def test_a_small_set_is_taken_whole_and_shuffled():
    (drawn,) = epochs(PartialSampler(range(20), num_images=30, seed=0), 1)
    assert sorted(drawn) == list(range(20)) != drawn


def test_processes_share_the_draw(monkeypatch):
    (alone,) = epochs(PartialSampler(range(50), num_images=21, seed=1), 1)
    parts = []
    for rank in range(2):
        monkeypatch.setattr("mmengine.dataset.sampler.get_dist_info", lambda rank=rank: (rank, 2))
        sampler = PartialSampler(range(50), num_images=21, seed=1)
        parts.append(list(sampler))
        assert len(sampler) == len(parts[-1]) == 10
    assert sorted(parts[0] + parts[1]) == sorted(alone[:20])
