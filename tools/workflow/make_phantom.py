"""Write the phantom: synthetic chest radiographs with lesions, and color pictures, shaped as the real data sets."""

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tools.command_line.run import run
from tools.command_line.workers import add_workers

EXAMPLES = """OUT/rsna, OUT/chexpert and OUT/color can then be given to tools/prepare_dataset.py.

example:
  python tools/workflow/make_phantom.py datasets/phantom_source --size 256
  python tools/prepare_dataset.py rsna datasets/phantom_source/rsna datasets/phantom
"""


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", help="folder to write")
    parser.add_argument("--rsna", type=int, default=240, help="radiographs with boxes, as DICOM (default 240)")
    parser.add_argument("--chexpert", type=int, default=600, help="radiographs with image labels (default 600)")
    parser.add_argument("--color", type=int, default=200, help="color pictures (default 200)")
    parser.add_argument("--size", type=int, default=256, help="side in pixels (default 256)")
    parser.add_argument("--lesion-contrast", type=float, default=1.0, help="less is harder to see (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same files (default 0)")
    add_workers(parser, "processes")
    args = parser.parse_args(argv)
    if args.size < 64 or min(args.rsna, args.chexpert, args.color, args.lesion_contrast) < 0:
        parser.error("--size must be at least 64, the counts and --lesion-contrast at least 0")
    return args


def make(args: argparse.Namespace) -> None:
    from data.phantom.files import write_chexpert, write_color, write_rsna

    contrast = args.lesion_contrast
    kinds: dict[str, Callable[..., None]] = {
        "rsna": partial(write_rsna, lesion_contrast=contrast),
        "chexpert": partial(write_chexpert, lesion_contrast=contrast),
        "color": write_color,
    }
    for name, write in kinds.items():
        count = getattr(args, name)
        if count:
            write(Path(args.out) / name, count, args.size, args.seed, args.workers)
            print(f"{Path(args.out) / name}: {count} images")


def main(argv: Sequence[str] | None = None) -> None:
    make(parse_args(argv))


if __name__ == "__main__":
    run(main)
