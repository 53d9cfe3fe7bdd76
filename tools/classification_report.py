"""Report how good an image-label classifier is: accuracy, AUC, precision, recall, F1, MCC with intervals, confusions.

    python tools/test.py configs/enhance/classifier_paper.py work_dirs/classifier/best_auroc_mean_epoch_9.pth \\
        --work-dir work_dirs/classifier
    python tools/classification_report.py --ann datasets/chexpert/test.json \\
        --pred work_dirs/classifier/test/predictions.json --out work_dirs/classifier/report

The labels are those of the test, as its policies for uncertain and missing labels say; the annotation file says which
patient an image is of. Writes index.html, classification.json, table.md, table.tex, measures.png and confusion.png
(and .pdf).
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.command_line.folders import check_folder
from tools.command_line.run import run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ann", type=Path, required=True, metavar="GT.json", help="annotation file that was tested")
    parser.add_argument("--pred", type=Path, required=True, metavar="PRED.json", help="predictions of tools/test.py")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the report")
    parser.add_argument(
        "--kind",
        choices=["auto", "multi-label", "multi-class"],
        default="auto",
        help="auto (default): multi-class where the scores of an image sum to 1 and each image has one class",
    )
    parser.add_argument(
        "--threshold", type=float, default=0.5, help="multi-label: positive at this score and above (default 0.5)"
    )
    parser.add_argument("--bootstrap", type=int, default=1000, help="number of resamples (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="of the resamples (default 0)")
    return parser.parse_args(argv)


def make_report(args: argparse.Namespace, command: str) -> None:
    from enhance.classifier.predictions import read_groups, read_predictions
    from enhance.classifier.report.files import classifier_text, write_classifier_report
    from enhance.classifier.report.summary import ClassificationSettings, summarize_classifier

    check_folder(args.out)
    settings = ClassificationSettings(args.kind, args.threshold, args.bootstrap, args.seed)
    predictions = read_predictions(args.pred)
    summary = summarize_classifier(predictions, read_groups(args.ann, predictions), settings)
    write_classifier_report(summary | {"inputs": {"ann": str(args.ann), "pred": str(args.pred)}}, args.out, command)
    print(classifier_text(summary))
    print(f"report: {args.out / 'index.html'}")


def main(argv: Sequence[str] | None = None) -> None:
    argv = sys.argv[1:] if argv is None else argv
    make_report(parse_args(argv), shlex.join(["python", "tools/classification_report.py", *argv]))


if __name__ == "__main__":
    run(main)
