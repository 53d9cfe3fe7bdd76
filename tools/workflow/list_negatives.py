"""Join the COCO files of images without lesions into one list, under the categories of the detectors' data set.

    python tools/workflow/list_negatives.py datasets/negatives/train.json datasets/negatives/test.json \\
        --categories datasets/rsna/test.json --out work_dirs/negatives.json
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from data.atomic import write_json
from data.coco_file.read import load_coco
from data.errors import UserError
from data.splits.folds import merge_coco
from tools.command_line.folders import check_not_read
from tools.command_line.run import run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ann", nargs="+", type=Path, help="COCO files of one data set without lesions")
    parser.add_argument("--categories", type=Path, required=True, help="COCO file whose categories the list gets")
    parser.add_argument("--out", type=Path, required=True, help="COCO file to write")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    check_not_read(args.out, [*args.ann, args.categories])
    joined = merge_coco([load_coco(path) for path in args.ann])
    if joined["annotations"]:
        files = ", ".join(map(str, args.ann))
        raise UserError(f"{files}: {len(joined['annotations'])} annotations; leave out the images with lesions")
    write_json(args.out, joined | {"categories": load_coco(args.categories)["categories"]})
    print(f"{args.out}: {len(joined['images'])} images")


if __name__ == "__main__":
    run(main)
