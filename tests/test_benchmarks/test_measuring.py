"""`benchmarks/measuring.py`: what a process of its own says of time and memory."""

import time
from collections.abc import Callable

from benchmarks.measuring import measure, print_table

MIB = 2**20


def filling(mib: int) -> Callable[[], object]:
    """Be busy while the clock does not run, then fill memory."""
    start = time.process_time()
    while time.process_time() < start + 0.5:
        pass
    return lambda: bytes(bytearray(b"x") * (mib * MIB))[:1]


def test_time_is_of_the_work_alone_and_memory_its_peak() -> None:
    small, large = (measure(filling, mib) for mib in (1, 200))
    assert small[0] < 0.25
    assert 190 < large[1] - small[1] < 450


def test_a_table_is_markdown(capsys) -> None:
    print_table(["a", "b"], [["1", "2"]])
    assert capsys.readouterr().out == "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n"
