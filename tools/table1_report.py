"""Make Table 1 of paper 002 from predictions: detectors by enhancements, with repeats, intervals and differences.

    python tools/table1_report.py --ann datasets/rsna/test.json --out work_dirs/table1 \\
        --published configs/workflow/published_table1.json --pred \\
        faster_rcnn/raw=work_dirs/raw_0/test.bbox.json faster_rcnn/raw=work_dirs/raw_1/test.bbox.json \\
        faster_rcnn/cawe=work_dirs/cawe_0/test.bbox.json faster_rcnn/cawe=work_dirs/cawe_1/test.bbox.json

GROUP is a detector, ROW an enhancement; the first ROW of a GROUP is its baseline. A name given again is the same row
trained with another seed. PRED is a COCO results list, or several joined by "+": the folds of one repeat. Raw and
enhanced sets have the same image ids, so one GT.json serves all. docs/table1.md defines every number.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from data.errors import UserError
from detect.froc.matching import Matching
from detect.froc.settings import Classes, FrocSettings
from tools.command_line.folders import check_folder
from tools.command_line.run import run
from tools.command_line.versions import own_version


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    many: dict[str, Any] = {"nargs": "+", "action": "extend", "default": []}
    form = "GROUP/ROW=PRED.json"
    parser.add_argument("--ann", type=Path, required=True, metavar="GT.json", help="COCO ground truth")
    parser.add_argument("--pred", **many | {"required": True}, metavar=form, help="rows, repeats and folds")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the report")
    parser.add_argument("--title", default="Table 1")
    parser.add_argument(
        "--titles",
        **many,
        metavar="KEY=TITLE",
        help="what readers see instead of a GROUP or GROUP/ROW; faster_rcnn and retinanet have titles",
    )
    parser.add_argument("--cost", **many, metavar="ROW=enhance_manifest.json", help="show the seconds per image")
    parser.add_argument("--published", type=Path, metavar="FILE.json", help="show published numbers beside ours")
    parser.add_argument("--negatives", type=Path, metavar="GT.json", help="COCO file of images without lesions")
    parser.add_argument("--negatives-pred", **many, metavar=form, help="predictions on them, repeats in the same order")
    parser.add_argument("--leaks", type=Path, metavar="FILE", help="show the notes of tools/workflow/check_leaks.py")
    parser.add_argument("--matching", choices=get_args(Matching), default="iou", help="see docs/froc.md (default iou)")
    parser.add_argument("--iou-thr", type=float, default=0.5, help="least IoU of a hit (default 0.5)")
    parser.add_argument(
        "--classes", choices=get_args(Classes), default="separate", help="pooled: the category need not agree"
    )
    parser.add_argument("--fppi", nargs="+", type=float, default=[1, 2, 3, 4], help="the N of Sens@N (1 2 3 4)")
    parser.add_argument("--bootstrap", type=int, default=1000, help="number of resamples (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the resamples (default 0)")
    return parser.parse_args(argv)


def inputs(args: argparse.Namespace) -> dict[str, Any]:
    """Name the files and the version that a report is made with."""
    return {
        "ann": str(args.ann),
        "negatives": None if args.negatives is None else str(args.negatives),
        "published": None if args.published is None else str(args.published),
        "pred": args.pred,
        "negatives_pred": args.negatives_pred,
        "cost": args.cost,
        "version": own_version(),
    }


def make_report(args: argparse.Namespace, command: str) -> None:
    from data.leaks.notes import leak_notes
    from detect.froc.ground_truth import read_ground_truth
    from detect.table1.evaluation import evaluate_rows
    from detect.table1.files import write_table1
    from detect.table1.lesion_free import check_lesion_free_rows
    from detect.table1.measuring import count_negatives, measure_rows
    from detect.table1.row_files import read_costs, read_published, row_files
    from detect.table1.row_names import read_titles
    from detect.table1.tables import main_table
    from detect.table1.wording import reading, table1_notes
    from reporting.table import markdown

    settings = FrocSettings(args.iou_thr, args.matching, args.fppi, args.bootstrap, args.seed, classes=args.classes)
    rows, negative_rows = row_files(args.pred), row_files(args.negatives_pred, "--negatives-pred")
    if (args.negatives is None) == bool(negative_rows):
        raise UserError("--negatives and --negatives-pred belong together: the images and the predictions on them")
    check_lesion_free_rows(negative_rows, rows)
    check_folder(args.out)
    published = None if args.published is None else read_published(args.published)
    costs, titles = read_costs(args.cost, list(rows)), read_titles(args.titles, list(rows))
    leaks = leak_notes(args.leaks) if args.leaks else []
    truth = read_ground_truth(args.ann)
    measured, notes = measure_rows(truth, rows, settings)
    negatives, more = count_negatives(args.negatives, negative_rows, measured, settings)
    report = evaluate_rows(truth, measured, settings, titles) | {
        "title": args.title,
        "notes": leaks + notes + more,
        "published": published,
        "costs": costs,
        "negatives": negatives,
        "inputs": inputs(args),
    }
    write_table1(report, args.out, command)
    for note in table1_notes(report):
        print(f"note: {note}", file=sys.stderr)
    print(markdown([main_table(report)], reading(report)))
    print(f"report: {args.out / 'index.html'}")


def main(argv: Sequence[str] | None = None) -> None:
    argv = sys.argv[1:] if argv is None else argv
    make_report(parse_args(argv), shlex.join(["python", "tools/table1_report.py", *argv]))


if __name__ == "__main__":
    run(main)
