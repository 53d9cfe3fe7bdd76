"""Split a COCO data set into folds by patient, for cross-validation on a small set.

OUT gets fold0_train.json, fold0_test.json, ... and all.json, the ground truth of all folds' predictions together.

    python tools/workflow/split_folds.py datasets/rsna/train.json datasets/rsna/test.json --folds 5 --out
    datasets/rsna_folds
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data.atomic import write_json
from data.coco import lesions_of, patient_of
from data.coco_file.read import load_coco
from data.splits.folds import merge_coco, patient_folds, without
from tools.command_line.folders import check_not_read
from tools.command_line.run import run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ann", nargs="+", type=Path, help="COCO files of one data set; they are joined")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--folds", type=int, default=5, help="how many (default 5)")
    parser.add_argument("--seed", type=int, default=0, help="of the split (default 0)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    coco = merge_coco([load_coco(path) for path in args.ann])
    folds = patient_folds(coco, args.folds, args.seed)
    written: dict[str, Any] = {}
    for place, fold in enumerate(folds):
        written |= {f"fold{place}_train.json": without(coco, fold), f"fold{place}_test.json": fold}
    written["all.json"] = coco  # last: it says that the others are there
    for name in written:
        check_not_read(args.out / name, args.ann)
    for name, content in written.items():
        write_json(args.out / name, content)
    for place, fold in enumerate(folds):
        print(f"fold {place}: {len(fold['images'])} images, {len(lesions_of(fold))} lesions to test")
    unknown = sum(patient_of(image) is None for image in coco["images"])
    if unknown:
        print(f"{unknown} images have no patient_id: each counts as a patient of its own")


if __name__ == "__main__":
    run(main)
