"""Compare attention methods on one classifier: perturbation, localization and size of their maps, with intervals.

CONFIG is configs/enhance/attention.py or one based on it: a recipe with a classifier, the `methods`, and `evaluation`,
which says on which images. Image labels in their COCO file give AOPC, insertion and deletion; lesion boxes give the
pointing game, energy in boxes and overlap. A random map and a Gaussian at the center stand beside the methods.

    python tools/evaluate_attention.py configs/enhance/attention.py --out work_dirs/attention \\
        --cfg-options enhancer.classifier.config=configs/enhance/classifier_small.py \\
        enhancer.classifier.checkpoint=work_dirs/classifier/weights.pth \\
        evaluation.data_root=datasets/rsna evaluation.ann_file=test.json evaluation.target="Lung Opacity"

Writes attention.json, images.csv (a row for each image and method), table.md, table.tex, figures (PNG, PDF) and
index.html. Score-CAM and the curves run the classifier some thousand times per image, of 500 images unless
evaluation.max_images says otherwise (None: all). On a CPU take fewer, a smaller evaluation.steps (0: no insertion and
deletion), or --methods.
"""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.command_line.cfg_options import add_cfg_options
from tools.command_line.device import add_device, chosen_device
from tools.command_line.folders import check_folder
from tools.command_line.run import run


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="configs/enhance/attention.py, or a config based on it")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the report")
    parser.add_argument("--methods", nargs="+", metavar="NAME", help="only these, the first one is the reference")
    parser.add_argument("--title", default="Attention methods", help="of the page")
    parser.add_argument(
        "--amp", action="store_true", help="changed images in mixed precision; on a CPU bfloat16, which is coarse"
    )
    add_device(parser)
    add_cfg_options(parser)
    return parser.parse_args(argv)


def make_report(args: argparse.Namespace, command: str) -> None:
    from tqdm import tqdm

    from enhance.attention import ClassAttention
    from enhance.evaluation.report.cases import draw_cases, read_cases
    from enhance.evaluation.report.examples import example_views
    from enhance.evaluation.report.files import write_attention_report
    from enhance.evaluation.report.measured import measure
    from enhance.evaluation.report.notes import attention_notes
    from enhance.evaluation.report.settings import read_settings
    from enhance.evaluation.report.summary import summarize_attention
    from enhance.evaluation.report.tables import attention_tables
    from enhance.method_set import load_method_set
    from enhance.recipe import fingerprint
    from reporting.table import markdown

    check_folder(args.out)
    method_set = load_method_set(args.config, args.cfg_options, chosen_device(args.device), args.methods)
    settings = read_settings(method_set.evaluation)
    labels = method_set.classifier.label_names
    listed = read_cases(settings.data_root, settings.ann_file, labels)
    cases = draw_cases(listed, settings.max_images, settings.seed)
    with tqdm(total=len(cases), unit="image", desc="Measuring attention") as bar:

        def watched(batches):
            for batch in batches:
                yield batch
                bar.update(len(batch))

        measured = measure(method_set, cases, settings, watched, args.amp)
    recipe = fingerprint(method_set.recipe, method_set)
    summary = summarize_attention(measured, settings, labels, len(listed), args.amp) | {"recipe": recipe}
    classless = [name for name, method in method_set.methods.items() if not isinstance(method, ClassAttention)]
    notes = attention_notes(summary, method_set.left_out, classless)
    examples = example_views(method_set, measured, settings.data_root)
    write_attention_report(summary, measured, notes, examples, args.out, args.title, command)
    print(markdown(attention_tables(summary)), *notes, f"report: {args.out / 'index.html'}", sep="\n")


def main(argv: Sequence[str] | None = None) -> None:
    argv = sys.argv[1:] if argv is None else argv
    make_report(parse_args(argv), shlex.join(["python", "tools/evaluate_attention.py", *argv]))


if __name__ == "__main__":
    run(main)
