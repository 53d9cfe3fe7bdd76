"""Twice the data takes twice the time: preparing, enhancing and FROC grow no faster than n^1.05, over three decades.

    OMP_NUM_THREADS=1 python -m benchmarks.scaling --json scaling.json

takes one and a half minutes of one core. Images are 64 x 64 pixels, prepared by `class_folders` and enhanced by
configs/enhance/gray.py, so that what is measured is what every image costs beside the pixels. FROC goes from COCO files
with a hundred detections an image to Sens@N; the bootstrap alone, 1,000 resamples, is timed apart. Everything runs in
one thread of a process of its own, on files in memory where there is room: what a disk adds to the processor time of a
file varied by a factor of six. Seconds are processor time without imports, memory is the peak of the process.

The exponent is the slope of log(cost) over log(n) by least squares at the sizes of the two largest decades, where the
cost is what goes beyond that of the smallest set (START), that is, beyond starting. The memory of enhancing is to be
constant but for the names and hashes of the images, some 3 KiB each: its peak at the largest size is divided by that of
two decades below. The memory of the bootstrap is with the set read.

--json writes a list of {"name", "unit", "ours", "peer", "peer_name", "limit", "to_peer", "to_limit", "device"}: to_peer
and to_limit are ours divided by the peer's number and by the limit, null where there is none.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from shutil import disk_usage, rmtree
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from benchmarks.froc_set import Files, make_set
from benchmarks.measuring import measure, print_table
from benchmarks.record import Row, add_json, report

START = {"images": 4, "detections": 200}
"""Sizes of the smallest sets, whose cost is that of starting."""
REPEATS = 3
"""The least processor time of these counts."""
NOISE = {"time": 0.005, "memory": 1.0}
"""Seconds and MiB beyond starting that are too few to say anything."""
MEMORY = Path("/dev/shm")
SIDE = 64
RATES = (1, 2, 3, 4)
LIMIT = 1.05


class Cost(NamedTuple):
    """What a work takes at a size: processor seconds, and peak memory in MiB."""

    size: int
    seconds: float
    memory: float


def in_memory() -> Path | None:
    """The folder of files in memory, where the system has one with room."""
    return MEMORY if MEMORY.is_dir() and disk_usage(MEMORY).free > 2**31 else None


def write_images(folder: Path, number: int) -> None:
    """Write gray images of noise, in two folders."""
    import cv2

    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
    for index in range(number):
        cv2.imwrite(str(folder / "ab"[index % 2] / f"{index}.png"), rng.integers(0, 256, (SIDE, SIDE), np.uint8))


def preparing(source: Path, out: Path) -> Callable[[], Any]:
    """`tools/prepare_dataset.py class_folders`, its imports done; each call has a folder of its own, out/0 first."""
    import data.preparation.prepare
    import data.preparation.sides  # noqa: F401
    from tools.prepare_dataset import main

    number = count()
    return lambda: main(["class_folders", str(source), f"{out}/{next(number)}", "--workers", "0"])


def enhancing(source: Path, out: Path) -> Callable[[], Any]:
    """`tools/enhance_dataset.py configs/enhance/gray.py` likewise."""
    import enhance.dataset
    import enhance.recipe  # noqa: F401
    from tools.enhance_dataset import main

    number, options = count(), ["--workers", "0", "--device", "cpu"]
    return lambda: main(["configs/enhance/gray.py", str(source), f"{out}/{next(number)}", *options])


def matching(files: Files) -> Callable[[], Any]:
    """Read the files, match, Sens@N."""
    from detect.froc.curve import CountedSet, RankedSet
    from detect.froc.detections import read_results
    from detect.froc.ground_truth import read_ground_truth
    from detect.froc.settings import FrocSettings
    from detect.froc.system import match_results

    def work() -> None:
        truth = read_ground_truth(files[0])
        system = match_results(truth, read_results(files[1]), FrocSettings())
        CountedSet(RankedSet(system.matched)).sensitivity_at(RATES)

    return work


def bootstrapping(files: Files, resamples: int) -> Callable[[], Any]:
    """Resample Sens@N of a set that is read and matched already."""
    from detect.froc.bootstrap import Resampling, estimate
    from detect.froc.curve import RankedSet
    from detect.froc.detections import read_results
    from detect.froc.ground_truth import read_ground_truth
    from detect.froc.settings import FrocSettings
    from detect.froc.system import match_results

    truth = read_ground_truth(files[0])
    ranked = RankedSet(match_results(truth, read_results(files[1]), FrocSettings()).matched)

    def work() -> None:
        resampling = Resampling.of_groups(truth.groups, resamples, 0)
        estimate(ranked, lambda counted: {"it": counted.sensitivity_at(RATES)}, resampling, max(RATES))

    return work


def image_costs(sizes: Sequence[int], where: Path | None = None) -> dict[str, list[Cost]]:
    """The costs of preparing and of enhancing so many images."""
    costs: dict[str, list[Cost]] = {"prepare": [], "enhance": []}
    with TemporaryDirectory(dir=where) as name:
        source, prepared, enhanced = (Path(name, part) for part in ("source", "prepared", "enhanced"))
        for size in sizes:
            write_images(source, size)
            costs["prepare"].append(Cost(size, *measure(preparing, source, prepared, repeats=REPEATS)))
            costs["enhance"].append(Cost(size, *measure(enhancing, prepared / "0", enhanced, repeats=REPEATS)))
            for folder in (source, prepared, enhanced):
                rmtree(folder)
    return costs


def detection_costs(sizes: Sequence[int], resamples: int, where: Path | None = None) -> dict[str, list[Cost]]:
    """The costs of FROC and of its resamples with so many detections."""
    costs: dict[str, list[Cost]] = {"FROC": [], "bootstrap": []}
    with TemporaryDirectory(dir=where) as name:
        for size in sizes:
            files = make_set(Path(name), max(2, size // 100), 100)
            costs["FROC"].append(Cost(size, *measure(matching, files, repeats=REPEATS)))
            costs["bootstrap"].append(Cost(size, *measure(bootstrapping, files, resamples, repeats=REPEATS)))
    return costs


def exponent(sizes: Sequence[int], costs: Sequence[float], noise: float = 0.0) -> float:
    """The slope of log(cost - first cost) over log(size) at the sizes of the two largest decades; 0 without growth.

    Args:
        sizes: rising, three at least; the first is that of starting.
        noise: a size whose cost is not so far beyond the first one's is left out.
    """
    size, beyond = np.array(sizes[1:], float), np.array(costs[1:], float) - costs[0]
    used = (size * 100 >= size[-1]) & (beyond > noise)
    if used.sum() < 2 or not used[-1]:
        return 0.0
    return float(np.polyfit(np.log(size[used]), np.log(beyond[used]), 1)[0])


def claims(costs: dict[str, list[Cost]]) -> list[Row]:
    """The numbers that are claimed, each with its limit."""
    found = []
    for name, rows in costs.items():
        sizes = [row.size for row in rows]
        for what, values in (("time", [row.seconds for row in rows]), ("memory", [row.memory for row in rows])):
            if (name, what) == ("enhance", "memory"):
                smaller = next(row for row in rows[1:] if row.size * 100 >= sizes[-1])
                title, ratio = f"{name}: memory at {sizes[-1]:,} over {smaller.size:,}", values[-1] / smaller.memory
                found.append(Row(title, "ratio", ratio, limit=LIMIT))
            else:
                found.append(Row(f"{name}: {what}", "exponent", exponent(sizes, values, NOISE[what]), limit=LIMIT))
    return found


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes: dict[str, Any] = {"nargs": "+", "type": int, "metavar": "N"}
    parser.add_argument("--images", **sizes, default=[100, 1000, 10_000], help="how many are prepared and enhanced")
    parser.add_argument("--detections", **sizes, default=[10**4, 10**5, 10**6], help="how many FROC counts")
    parser.add_argument("--resamples", type=int, default=1000, help="of the bootstrap (default 1000)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=in_memory(),
        help=f"for a gigabyte of files (default {in_memory() or 'the usual'})",
    )
    add_json(parser)
    args = parser.parse_args(argv)
    costs = image_costs([START["images"], *args.images], args.folder)
    costs |= detection_costs([START["detections"], *args.detections], args.resamples, args.folder)
    rows = [
        [name, f"{row.size:,}", f"{row.seconds:.2f}", f"{1e6 * row.seconds / row.size:,.0f}", f"{row.memory:,.0f}"]
        for name, own in costs.items()
        for row in own
    ]
    print_table(["work", "images or detections", "seconds", "microseconds each", "peak MiB"], rows)
    report(claims(costs), args.json)


if __name__ == "__main__":
    main()
