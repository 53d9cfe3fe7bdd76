"""The pieces of the loop over files. `test_dataset.py` runs the whole."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import current_thread

import pytest

from enhance.files import batched, in_order, output_names, thread_pool


def test_output_names():
    files = {Path("x/a.dcm"): Path("a.dcm"), Path("y/a.jpg"): Path("deep/a.jpg"), Path("z/1.2.5"): Path("1.2.5")}
    assert output_names(files) == {
        Path("x/a.dcm"): Path("a.png"), Path("y/a.jpg"): Path("deep/a.png"), Path("z/1.2.5"): Path("1.2.5.png")
    }  # fmt: skip
    with pytest.raises(ValueError, match="x/a.dcm and z/A.png would both become A.png"):
        output_names(files | {Path("z/A.png"): Path("A.png")})


def test_in_order_keeps_order_and_bounds_what_waits():
    started = []

    def square(x):
        started.append(x)
        return x * x

    with ThreadPoolExecutor(3) as pool:
        results = in_order(pool, square, range(100), ahead=5)
        assert next(results) == 0
        assert len(started) <= 6
        assert [0, *results] == [x * x for x in range(100)]


def test_no_workers_is_no_thread():
    with thread_pool(0) as pool:
        assert pool is None
        assert set(in_order(pool, lambda _: current_thread(), range(3), ahead=5)) == {current_thread()}
    with thread_pool(2) as pool:
        assert current_thread() not in set(in_order(pool, lambda _: current_thread(), range(3), ahead=5))


def test_batched():
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batched([], 2)) == []
