"""Compare detectors by FROC: curves, Sens@N with intervals, paired differences, as files and as one HTML page.

    python tools/froc_report.py --ann datasets/rsna/test.json --out work_dirs/report \\
        --pred raw=work_dirs/raw/test/predictions.bbox.json color_cawe=work_dirs/color_cawe/test/predictions.bbox.json

PRED is a COCO results list: [{"image_id", "category_id", "bbox": [x, y, width, height], "score"}, ...]. The first
system is the baseline: differences are later minus earlier.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from detect.coco_results import read_ground_truth, read_results
from detect.evaluation import FrocSettings, evaluate
from detect.report import markdown_table, read_picture, write_report


def parse_args(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ann", type=Path, required=True, metavar="GT.json", help="COCO ground truth")
    parser.add_argument(
        "--pred", nargs="+", action="extend", required=True, metavar="NAME=PRED.json", help="the systems"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the report")
    parser.add_argument("--iou-thr", type=float, default=0.5, help="least IoU of a hit (default 0.5)")
    parser.add_argument("--matching", choices=["iou", "center"], default="iou", help="what a hit is (default iou)")
    parser.add_argument("--fppi", nargs="+", type=_rate, default=[1, 2, 3, 4], help="the N of Sens@N (default 1 2 3 4)")
    parser.add_argument("--bootstrap", type=int, default=1000, help="number of resamples (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the resamples (default 0)")
    parser.add_argument(
        "--figure",
        type=Path,
        action="append",
        default=[],
        metavar="PNG",
        help="show this picture too; a .txt of the same name is its caption; may be given more than once",
    )
    parser.add_argument("--title", default="FROC report")
    return parser.parse_args(argv)


def _rate(text: str) -> float:
    """A number, kept whole where it is whole: froc.json says 1, not 1.0."""
    value = float(text)
    return int(value) if value.is_integer() else value


def named_paths(items: Sequence[str]) -> dict[str, Path]:
    """Split NAME=PATH items.

    Raises:
        ValueError: no name, no path, or a name twice.
    """
    paths: dict[str, Path] = {}
    for item in items:
        name, _, path = item.partition("=")
        if not name or not path:
            raise ValueError(f"--pred {item}: write NAME=PRED.json")
        if name in paths:
            raise ValueError(f"--pred {item}: the name {name} is given twice; each system needs its own")
        paths[name] = Path(path)
    return paths


def main(argv: Sequence[str] | None = None) -> None:
    argv = sys.argv[1:] if argv is None else argv
    args = parse_args(argv)
    try:
        settings = FrocSettings(args.iou_thr, args.matching, args.fppi, args.bootstrap, args.seed)
        paths = named_paths(args.pred)
        pictures = [read_picture(path) for path in args.figure]
        truth = read_ground_truth(args.ann)
        systems = {name: read_results(path) for name, path in paths.items()}
        report = evaluate(truth, systems, settings)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f"error: {error}")
    command = shlex.join(["python", "tools/froc_report.py", *argv])
    write_report(report, truth, args.out, args.title, command, pictures)
    print(markdown_table(report))
    print(args.out / "index.html")


if __name__ == "__main__":
    main()
