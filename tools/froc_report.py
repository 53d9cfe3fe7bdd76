"""Compare detectors by FROC: curves, Sens@N with intervals, differences, lesion sizes, images: files and one HTML page.

    python tools/froc_report.py --ann datasets/rsna/test.json --images datasets/rsna --out work_dirs/report \\
        --pred raw=work_dirs/raw/test/predictions.bbox.json color_cawe=work_dirs/color_cawe/test/predictions.bbox.json

PRED is a COCO results list: [{"image_id", "category_id", "bbox": [x, y, width, height], "score"}, ...]. The first
system is the baseline: differences are later minus earlier. docs/froc.md defines every term.
"""

import argparse
import math
import shlex
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

from data.errors import NoFolderError, UserError
from detect.froc.curve import Duplicates
from detect.froc.lesion_size import Unit
from detect.froc.matching import Matching
from detect.froc.settings import Classes, FrocSettings, Interval
from tools.command_line.folders import check_folder
from tools.command_line.run import run
from tools.command_line.versions import own_version


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ann", type=Path, required=True, metavar="GT.json", help="COCO ground truth")
    parser.add_argument(
        "--pred", nargs="+", action="extend", required=True, metavar="NAME=PRED.json", help="the systems"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the report")
    parser.add_argument("--title", default="FROC report")
    parser.add_argument("--leaks", type=Path, metavar="FILE", help="show the notes of tools/workflow/check_leaks.py")
    _add_counting(parser.add_argument_group("what is counted"))
    _add_pictures(parser.add_argument_group("pictures"))
    return parser.parse_args(argv)


def _add_counting(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--matching",
        choices=get_args(Matching),
        default="iou",
        help="a hit is: IoU with a free lesion (iou, COCO; default), center in its box, or IoU with the lesion of the "
        "highest IoU if that is free (best-overlap, PASCAL VOC)",
    )
    group.add_argument("--iou-thr", type=float, default=0.5, help="least IoU of a hit (default 0.5)")
    group.add_argument(
        "--duplicates",
        choices=get_args(Duplicates),
        default="fp",
        help="a second hit of a lesion is a false positive (default)",
    )
    group.add_argument(
        "--classes", choices=get_args(Classes), default="separate", help="pooled: category ids do not matter"
    )
    group.add_argument("--fppi", nargs="+", type=number, default=[1, 2, 3, 4], help="the N of Sens@N (default 1 2 3 4)")
    group.add_argument("--bootstrap", type=int, default=1000, help="number of resamples (default 1000)")
    group.add_argument("--seed", type=int, default=0, help="of the resamples (default 0)")
    group.add_argument(
        "--interval", choices=get_args(Interval), default="percentile", help="95 %% interval (default percentile)"
    )
    group.add_argument(
        "--size-edges",
        nargs="+",
        type=number,
        metavar="SIZE",
        help="bounds of the lesion sizes, side of the square of equal area (default 32 96 in px, COCO's "
        "small/medium/large, and 10 30 in mm)",
    )
    group.add_argument(
        "--size-unit", choices=get_args(Unit), default="px", help='mm needs "pixel_spacing" on the images of GT.json'
    )


def _add_pictures(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--images",
        type=Path,
        metavar="DIR",
        help="show hits, misses and false positives, worst images first; file_name in GT.json is relative to DIR",
    )
    group.add_argument(
        "--gallery-fppi", type=number, metavar="N", help="rate N at which they are shown (default the first of --fppi)"
    )
    group.add_argument("--gallery-num", type=int, default=12, metavar="K", help="how many images (default 12)")
    group.add_argument(
        "--figure",
        type=Path,
        action="append",
        default=[],
        metavar="PNG",
        help="show this picture too; a .txt of the same name is its caption; may be given more than once",
    )


def number(text: str) -> float:
    """A number, kept whole where it is whole: froc.json says 1, not 1.0."""
    value = float(text)
    return int(value) if value.is_integer() else value


def named_paths(items: Sequence[str]) -> dict[str, Path]:
    """Split NAME=PATH items.

    Raises:
        UserError: no name, no path, or a name twice.
    """
    paths: dict[str, Path] = {}
    for item in items:
        name, _, path = item.partition("=")
        if not name or not path:
            raise UserError(f"--pred {item}: write NAME=PRED.json")
        if name in paths:
            raise UserError(f"--pred {item}: the name {name} is given twice; each system needs its own")
        paths[name] = Path(path)
    return paths


def check_folders(out: Path, images: Path | None) -> None:
    """Find a wrong folder before anything is read.

    Raises:
        NoFolderError: `images` is no folder, or `out` is or lies in a file.
    """
    if images is not None and not images.is_dir():
        raise NoFolderError(f"--images {images}: no such folder; give the one that file_name is relative to")
    check_folder(out)


def check_gallery(rate: float, number_of_images: int) -> None:
    """Find a gallery without a rate or an image before anything is read.

    Raises:
        UserError: The rate is not above 0, or the number below 1.
    """
    if not 0 < rate < math.inf:
        raise UserError(f"--gallery-fppi {rate}: give a rate above 0")
    if number_of_images < 1:
        raise UserError(f"--gallery-num {number_of_images}: give at least 1, or leave out --images for no gallery")


def inputs(ann: Path, paths: dict[str, Path]) -> dict[str, Any]:
    """Name the files and the version that a report is made with."""
    return {"ann": str(ann), "pred": {name: str(path) for name, path in paths.items()}, "version": own_version()}


def make_report(args: argparse.Namespace, command: str) -> None:
    from tqdm import tqdm

    from data.leaks.notes import leak_notes
    from detect.froc.detections import read_results
    from detect.froc.evaluation import evaluate
    from detect.froc.ground_truth import read_ground_truth
    from detect.froc.system import match_results
    from detect.froc_report.files import all_notes, read_picture, write_froc_report
    from detect.froc_report.gallery import make_gallery
    from detect.froc_report.tables import froc_tables
    from reporting.table import markdown

    settings = FrocSettings(**{field.name: getattr(args, field.name) for field in fields(FrocSettings)})
    paths = named_paths(args.pred)
    check_folders(args.out, args.images)
    rate = args.fppi[0] if args.gallery_fppi is None else args.gallery_fppi
    check_gallery(rate, args.gallery_num)
    pictures = [read_picture(path) for path in args.figure]
    leaks = leak_notes(args.leaks) if args.leaks else []
    truth = read_ground_truth(args.ann)
    truth = replace(truth, notes=leaks + truth.notes)
    given = tqdm(paths.items(), unit="system", desc="read and match", delay=2)
    systems = {name: match_results(truth, read_results(path), settings, f"{name} ({path})") for name, path in given}
    report = evaluate(truth, systems, settings) | {"inputs": inputs(args.ann, paths)}
    gallery = None
    if args.images is not None:
        gallery = make_gallery(truth, systems, args.images, rate, args.gallery_num, args.duplicates)
    write_froc_report(report, truth, args.out, args.title, command, gallery, pictures)
    for note in all_notes(report, gallery):
        print(f"note: {note}", file=sys.stderr)
    print(markdown(froc_tables(report)))
    print(f"report: {args.out / 'index.html'}")


def main(argv: Sequence[str] | None = None) -> None:
    argv = sys.argv[1:] if argv is None else argv
    make_report(parse_args(argv), shlex.join(["python", "tools/froc_report.py", *argv]))


if __name__ == "__main__":
    run(main)
