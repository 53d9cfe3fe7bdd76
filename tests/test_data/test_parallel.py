import os

import pytest

from data.parallel import map_images


def square_and_process(x):
    return x * x, os.getpid()


@pytest.mark.parametrize("workers", [0, 2])
def test_results_come_in_order(workers):
    results = list(map_images(square_and_process, range(40), workers, "Squares"))
    assert [square for square, _ in results] == [x * x for x in range(40)]
    assert (os.getpid() in {process for _, process in results}) == (workers == 0)


def test_a_bar_shows_the_title_and_the_end(capsys):
    assert len(list(map_images(abs, [1, 2, 3], 0, "Counting"))) == 3
    bar = capsys.readouterr().err
    assert "Counting" in bar
    assert "3/3" in bar


def test_no_jobs():
    assert list(map_images(abs, [], 2, "Nothing")) == []
