"""Say how many training images an enhancement is worth: sensitivity over the number of images, raw and enhanced.

    python tools/workflow/learning_curve_report.py --ann datasets/rsna/test.json --train datasets/rsna/train.json \\
        --out work_dirs/learning_curve --pred 50/raw=a_0.json 50/raw=a_1.json 50/cawe=b_0.json 50/cawe=b_1.json \\
        all/raw=c_0.json all/raw=c_1.json all/cawe=d_0.json all/cawe=d_1.json

SIZE is the number of training images, or "all" of TRAIN.json. The first VARIANT is the baseline, and each size has the
same ones. A name given again is the same training with another seed. docs/learning_curve.md defines every number.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.command_line.folders import check_folder
from tools.command_line.run import run
from tools.command_line.versions import own_version


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    many: dict[str, Any] = {"nargs": "+", "action": "extend", "required": True}
    parser.add_argument("--ann", type=Path, required=True, metavar="GT.json", help="COCO ground truth of the test set")
    parser.add_argument("--train", type=Path, required=True, metavar="TRAIN.json", help="COCO file of all that trains")
    parser.add_argument("--pred", **many, metavar="SIZE/VARIANT=PRED.json", help="COCO results, again for each seed")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the report")
    parser.add_argument("--title", default="Learning curve")
    parser.add_argument("--leaks", type=Path, metavar="FILE", help="show the notes of tools/workflow/check_leaks.py")
    parser.add_argument("--bootstrap", type=int, default=1000, help="number of resamples (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the resamples (default 0)")
    return parser.parse_args(argv)


def make_report(args: argparse.Namespace, command: str) -> None:
    from data.coco import lesions_of
    from data.coco_file.read import load_coco
    from data.leaks.notes import leak_notes
    from detect.froc.ground_truth import read_ground_truth
    from detect.froc.settings import FrocSettings
    from detect.learning_curve.evaluation import TrainingFile, evaluate_learning_curve
    from detect.learning_curve.files import write_learning_curve
    from detect.learning_curve.sizes import by_size, group_sizes
    from detect.learning_curve.tables import learning_curve_tables
    from detect.learning_curve.wording import notes, reading
    from detect.table1.measuring import measure_rows
    from detect.table1.row_files import row_files
    from reporting.table import markdown

    settings = FrocSettings(bootstrap=args.bootstrap, seed=args.seed)
    train = load_coco(args.train)
    training = TrainingFile(len(train["images"]), len(lesions_of(train)))
    rows = row_files(args.pred)
    sizes = group_sizes(list(rows), training.images)
    check_folder(args.out)
    leaks = leak_notes(args.leaks) if args.leaks else []
    truth = read_ground_truth(args.ann)
    measured, more = measure_rows(truth, by_size(rows, sizes), settings)
    files = {"ann": str(args.ann), "train": str(args.train), "pred": args.pred, "version": own_version()}
    report = evaluate_learning_curve(truth, measured, settings, sizes, training)
    report |= {"title": args.title, "notes": leaks + more, "inputs": files}
    write_learning_curve(report, args.out, command)
    for note in notes(report):
        print(f"note: {note}", file=sys.stderr)
    print(markdown(learning_curve_tables(report)[:2], reading(report)))
    print(f"report: {args.out / 'index.html'}")


def main(argv: Sequence[str] | None = None) -> None:
    argv = sys.argv[1:] if argv is None else argv
    make_report(parse_args(argv), shlex.join(["python", "tools/workflow/learning_curve_report.py", *argv]))


if __name__ == "__main__":
    run(main)
