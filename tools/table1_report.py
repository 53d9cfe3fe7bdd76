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
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import Any, get_args

from tqdm import tqdm

from data.atomic import check_folder
from data.errors import UserError
from detect.froc.bootstrap import bootstrap_notes
from detect.froc.curve import RankedSet
from detect.froc.ground_truth import GroundTruth, read_ground_truth, read_lesion_free, set_counts
from detect.froc.matching import Matching
from detect.froc.settings import Classes, FrocSettings
from detect.froc.system import match_results
from detect.table1.evaluation import evaluate_rows, row_rng
from detect.table1.files import write_table1
from detect.table1.lesion_free import LesionFreeSet, check_lesion_free_rows
from detect.table1.reading import reading, table1_notes
from detect.table1.repeat_measures import RepeatMeasures, measure_repeat
from detect.table1.row_files import baselines, read_costs, read_folds, read_published, row_files, same_rows
from detect.table1.tables import main_table
from reporting.resampling import resample_weights
from reporting.table import markdown

Rows = dict[str, list[tuple[Path, ...]]]
"""The files of each fold of each repeat of each row."""


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    many: dict[str, Any] = {"nargs": "+", "action": "extend", "default": []}
    form = "GROUP/ROW=PRED.json"
    parser.add_argument("--ann", type=Path, required=True, metavar="GT.json", help="COCO ground truth")
    parser.add_argument("--pred", **many | {"required": True}, metavar=form, help="rows, repeats and folds")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the report")
    parser.add_argument("--title", default="Table 1")
    parser.add_argument("--cost", **many, metavar="ROW=enhance_manifest.json", help="show the seconds an image")
    parser.add_argument("--published", type=Path, metavar="FILE.json", help="show published numbers beside ours")
    parser.add_argument("--negatives", type=Path, metavar="GT.json", help="COCO file of images without lesions")
    parser.add_argument("--negatives-pred", **many, metavar=form, help="predictions on them, repeats in the same order")
    parser.add_argument("--matching", choices=get_args(Matching), default="iou", help="see docs/froc.md (default iou)")
    parser.add_argument("--iou-thr", type=float, default=0.5, help="least IoU of a hit (default 0.5)")
    parser.add_argument(
        "--classes", choices=get_args(Classes), default="separate", help="pooled: the category need not agree"
    )
    parser.add_argument("--fppi", nargs="+", type=float, default=[1, 2, 3, 4], help="the N of Sens@N (1 2 3 4)")
    parser.add_argument("--bootstrap", type=int, default=1000, help="number of resamples (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the resamples (default 0)")
    return parser.parse_args(argv)


def measure_rows(
    truth: GroundTruth, rows: Rows, settings: FrocSettings
) -> tuple[dict[str, list[RepeatMeasures]], list[str]]:
    """Read and measure one repeat after another, the same files once; return them by row, and notes on the files."""
    weights = resample_weights(truth.groups, settings.bootstrap, settings.seed)
    notes = [*truth.notes, *bootstrap_notes(truth, weights)]
    with_band = {files for key in baselines(list(rows)).values() for files in rows[key]}
    names = {files: key for key in reversed(rows) for files in rows[key]}
    repeats: dict[tuple[Path, ...], RepeatMeasures] = {}
    for files in tqdm(dict.fromkeys(chain(*rows.values())), unit="repeat", desc="count"):
        name = f"{names[files]} ({' + '.join(map(str, files))})"
        system = match_results(truth, read_folds(files), settings, name)
        notes += system.detections.notes
        ranked = RankedSet(system.matched, settings.duplicates)
        repeats[files] = measure_repeat(ranked, settings, weights, files in with_band)
    return {key: [repeats[files] for files in row] for key, row in rows.items()}, notes


def count_negatives(
    path: Path | None, rows: Rows, measured: dict[str, list[RepeatMeasures]], settings: FrocSettings
) -> tuple[dict[str, Any] | None, list[str]]:
    """Count false positives on images without lesions at the thresholds of each repeat; return notes on them too."""
    if path is None:
        return None, []
    truth = read_lesion_free(path)
    images = LesionFreeSet.of(path.resolve().parent.name, truth, settings)
    same = same_rows({key: [*measured[key], *rows[key]] for key in measured if key in rows})
    entries: dict[str, Any] = {}
    notes = list(truth.notes)
    for key, alike in same.items():
        if key == alike:
            thresholds = [repeat.thresholds for repeat in measured[key]]
            rng = row_rng(measured, key, settings)
            entries[key], more = images.false_positives(rows[key], thresholds, rng, key)
            notes += more
        else:
            entries[key] = entries[alike]
    content = {"name": images.name, "counts": set_counts(truth), "grouped_by": truth.grouped_by, "rows": entries}
    return content, notes


def inputs(args: argparse.Namespace) -> dict[str, Any]:
    """Name the files and the version a report is made with; None where the package is not installed."""
    try:
        installed = version("lesion-enhance")
    except PackageNotFoundError:
        installed = None
    paths = {name: path and str(path) for name in ("ann", "negatives", "published") for path in [getattr(args, name)]}
    return paths | {"pred": args.pred, "negatives_pred": args.negatives_pred, "cost": args.cost, "version": installed}


def make_report(args: argparse.Namespace, command: str) -> None:
    settings = FrocSettings(args.iou_thr, args.matching, args.fppi, args.bootstrap, args.seed, classes=args.classes)
    rows, negative_rows = row_files(args.pred), row_files(args.negatives_pred, "--negatives-pred")
    if (args.negatives is None) == bool(negative_rows):
        raise UserError("--negatives and --negatives-pred belong together: the images and the predictions on them")
    check_lesion_free_rows(negative_rows, rows)
    check_folder(args.out)
    published = args.published and read_published(args.published)
    costs = read_costs(args.cost, list(rows))
    measured, notes = measure_rows(truth := read_ground_truth(args.ann), rows, settings)
    negatives, more = count_negatives(args.negatives, negative_rows, measured, settings)
    report = evaluate_rows(truth, measured, settings) | {
        "title": args.title,
        "notes": notes + more,
        "published": published,
        "costs": costs,
        "negatives": negatives,
        "inputs": inputs(args),
    }
    write_table1(report, args.out, command)
    for note in table1_notes(report):
        print(f"note: {note}", file=sys.stderr)
    print(markdown([main_table(report)], reading(report)))
    print(args.out / "index.html")


def main(argv: Sequence[str] | None = None) -> None:
    argv = sys.argv[1:] if argv is None else argv
    args = parse_args(argv)
    try:
        make_report(args, shlex.join(["python", "tools/table1_report.py", *argv]))
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
