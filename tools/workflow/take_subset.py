"""Take the first images of a COCO training file, person after person in an order drawn with a seed.

With one seed, smaller subsets are parts of larger ones, and raw and enhanced files of a data set give the same images.

    python tools/workflow/take_subset.py datasets/rsna/train.json --size 50 --seed 0 --out work_dirs/seed0_n50.json
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from data.atomic import write_json
from data.coco import groups_of, lesions_of, unit_of
from data.coco_file.read import load_coco
from data.errors import UserError
from data.splits.subsets import first_images
from tools.command_line.folders import check_not_read
from tools.command_line.run import run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ann", type=Path, metavar="TRAIN.json", help="COCO file to take from")
    parser.add_argument("--size", type=int, required=True, help="number of images")
    parser.add_argument("--seed", type=int, default=0, help="of the order of persons (default 0)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="COCO file to write")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    check_not_read(args.out, [args.ann])
    coco = load_coco(args.ann)
    try:
        subset = first_images(coco, args.size, args.seed)
    except UserError as error:
        raise UserError(f"{args.ann}: {error}") from None
    write_json(args.out, subset)
    images = subset["images"]
    drawn = f"{len(set(groups_of(images)))} {unit_of(images)}s"
    print(f"{args.out}: {len(images)} images of {drawn}, {len(lesions_of(subset))} lesions")


if __name__ == "__main__":
    run(main)
