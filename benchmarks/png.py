"""Claim: images are written in less than half the time that OpenCV's libpng takes, to files of about the same size.

    python -m benchmarks.png                    # the phantom, 512 and 1024 pixels
    python -m benchmarks.png FOLDER --sizes 512 # up to eight of the images of a folder

Every file is read again by OpenCV, and the pixels compared. Times are processor seconds of one thread, best of three.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.record import Row, add_json, report
from data.images.find import find_images
from data.images.image_io import read_color
from data.images.png import encode_png
from data.images.resize import resize
from data.phantom.scene import render_scene

IMAGES = 8


def by_opencv(image: np.ndarray) -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()


def milliseconds(encode: Callable[[np.ndarray], bytes], images: Sequence[np.ndarray]) -> tuple[float, float]:
    """Of one image, and the mean size of its file in kB."""
    best = float("inf")
    for _ in range(3):
        start = time.thread_time()
        files = [encode(image) for image in images]
        best = min(best, time.thread_time() - start)
    for file, image in zip(files, images, strict=True):
        read = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
        assert np.array_equal(read[..., ::-1], image), "the file has other pixels"
    return best / len(images) * 1e3, sum(map(len, files)) / len(files) / 1e3


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="folder of images; without: drawn scenes")
    parser.add_argument("--sizes", type=int, nargs="+", default=[512, 1024], help="sides to which they are resized")
    add_json(parser)
    args = parser.parse_args(argv)
    if args.folder:
        sources = [read_color(args.folder / name) for name in find_images(args.folder)[:IMAGES]]
    else:
        sources = [render_scene(1024, np.random.default_rng(seed)) for seed in range(IMAGES)]
    rows = []
    for size in args.sizes:
        images = [resize(image, size, size) for image in sources]
        (ours, our_size), (theirs, their_size) = milliseconds(encode_png, images), milliseconds(by_opencv, images)
        rows.append(Row(f"PNG of {size} pixels, written", "images/s", 1e3 / ours, 1e3 / theirs, "OpenCV"))
        rows.append(Row(f"PNG of {size} pixels, size", "kB", our_size, their_size, "OpenCV"))
    report(rows, args.json)


if __name__ == "__main__":
    main()
