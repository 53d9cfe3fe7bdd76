from concurrent.futures import ThreadPoolExecutor
from threading import current_thread

from enhance.look_ahead import Room, batched, in_order, thread_pool


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


def test_a_full_room_lets_nothing_more_begin_and_stops_nothing():
    begun, room = [], Room(3)

    def fill(x):
        begun.append(x)
        room.take(1)
        return x

    with ThreadPoolExecutor(1) as pool:
        results = in_order(pool, fill, range(20), ahead=10, is_full=room.is_full)
        first = [next(results) for _ in range(5)]
        assert first == list(range(5)) and len(begun) <= 12
        before = len(begun)
        assert next(results) == 5 and len(begun) <= max(before, 7)
        room.give_back(len(begun))
        assert list(results) == list(range(6, 20))


def test_a_full_room_ends_a_batch():
    room = Room(2)

    def taking(items):
        for item in items:
            room.take(1)
            yield item

    batches = batched(taking(range(5)), 3, room)
    assert next(batches) == [0, 1]
    room.give_back(2)
    assert next(batches) == [2, 3]
    room.give_back(2)
    assert list(batches) == [[4]]
