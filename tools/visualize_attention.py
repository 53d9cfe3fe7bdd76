"""Draw where a classifier looks: every attention method of a config on images of your choice.

Example, with the classifier of the workflow `tbx11k` and the methods of configs/enhance/attention.py:

    python tools/visualize_attention.py configs/enhance/attention.py datasets/tbx11k/images/a.png MY_DICOM_FOLDER \\
        --ann datasets/tbx11k/test.json --out work_dirs/pictures --cfg-options \\
        enhancer.classifier.config=configs/enhance/classifier_small.py \\
        enhancer.classifier.checkpoint=work_dirs/tbx11k/classifier/weights.pth

CONFIG is a recipe with a classifier; `methods` in it names what is drawn (a recipe without it: its own method). Writes
as PNG and PDF: methods (images x methods), class_roi (each class: the sum of its images' maps, the region above 70 % of
its maximum and the region's box), channels (the strongest channels of the last convolutional layer) and filters (of the
first convolution). More than 8 images give further pages: methods_2.png, ... A map is for the image's most probable
class that names a lesion, or for --target; CAWE, CRM and the strongest channel choose for themselves.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data.errors import MissingFileError, UserError
from tools.command_line.cfg_options import add_cfg_options
from tools.command_line.device import add_device, chosen_device
from tools.command_line.folders import check_folder
from tools.command_line.run import run

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from enhance.evaluation.report.cases import RelativeBoxes
    from enhance.method_set import MethodSet
    from enhance.pictures.view import View

ROWS = 8
"""Images on a page."""


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="recipe with a classifier, such as configs/enhance/attention.py")
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="image files or folders; DICOM too")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder of the pictures; not the images'"
    )
    parser.add_argument("--methods", nargs="+", metavar="NAME", help="only these of the config's methods")
    parser.add_argument("--target", metavar="LABEL", help="class of all maps (default: the most probable lesion)")
    parser.add_argument("--threshold", type=share, default=0.2, help="share of a map's maximum to draw (default 0.2)")
    parser.add_argument("--opacity", type=share, default=0.5, help="of the colors, 0 to 1 (default 0.5)")
    parser.add_argument("--channels", type=int, default=6, help="strongest channels to show of an image (default 6)")
    parser.add_argument("--ann", type=Path, metavar="COCO.json", help="lesion boxes to draw, found by file_name")
    parser.add_argument("--strict", action="store_true", help="exit code 1 if an image could not be read")
    add_device(parser)
    add_cfg_options(parser)
    args = parser.parse_args(argv)
    if args.channels < 1:
        parser.error("--channels: at least 1")
    return args


def share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def listed_images(given: Sequence[Path], out: Path) -> list[Path]:
    """The image files among `given` files and folders, each once.

    Raises:
        MissingFileError: One does not exist.
        UserError: No image, or pictures in `out` would lie among the images.
    """
    from data.images.find import find_images

    files: dict[Path, None] = {}
    for path in given:
        inside = path.is_dir() and out.resolve().is_relative_to(path.resolve())
        if inside or (not path.is_dir() and out.resolve() == path.resolve().parent):
            raise UserError(f"--out {out} lies among the images of {path}; give a folder of its own")
        if not path.exists():
            raise MissingFileError(f"{path}: no such file or folder")
        files |= dict.fromkeys([path / name for name in find_images(path)] if path.is_dir() else [path])
    if not files:
        raise UserError(f"no image in {', '.join(map(str, given))}")
    return list(files)


def read_boxes(ann: Path | None, files: Sequence[Path]) -> dict[Path, RelativeBoxes]:
    """The lesion boxes, as shares of the image, of the files whose path ends with a `file_name` of the COCO file.

    Raises:
        UserError: It has none of the files.
    """
    from data.coco_file.read import load_coco
    from enhance.evaluation.report.cases import lesion_boxes

    if ann is None:
        return {}
    coco = load_coco(ann)
    names = {Path(image["file_name"]).parts: image["id"] for image in coco["images"]}
    boxes = lesion_boxes(coco)
    found = {}
    for file in files:
        parts = file.resolve().parts
        ends = [parts[start:] for start in range(len(parts)) if parts[start:] in names]
        if ends:
            found[file] = boxes[names[ends[0]]]
    if not found:
        first = coco["images"][0]["file_name"] if coco["images"] else "nothing"
        raise UserError(f"{ann} has none of the images; it has {first}, ..., and {files[0]} does not end so")
    return found


def chosen_target(label_names: Sequence[str], target: str | None) -> int | None:
    if target is not None and target not in label_names:
        raise UserError(f"--target {target}: the classifier knows {', '.join(label_names)}")
    return None if target is None else list(label_names).index(target)


def look_at(
    method_set: MethodSet, files: Sequence[Path], boxes: dict[Path, RelativeBoxes], target: int | None, channels: int
) -> tuple[list[View], list[dict[int, np.ndarray]]]:
    """Views and strongest channels of all files that can be read; names the others on stderr.

    Raises:
        UserError: None can be read.
    """
    import torch
    from tqdm import tqdm

    from data.images.errors import ImageReadError
    from data.images.image_io import read_grayscale
    from enhance.attention.base import classifier_inputs
    from enhance.pictures.layers import strongest
    from enhance.pictures.looking import look

    views, picked = [], []
    for file in tqdm(files, unit="image", desc="attention"):
        try:
            image = read_grayscale(file)
        except ImageReadError as error:
            tqdm.write(f"skipped: {error}", file=sys.stderr)
            continue
        views.append(look(method_set, file.name, image, boxes.get(file, []), target))
        with torch.no_grad():
            features = method_set.classifier.extract_feat(classifier_inputs(method_set.classifier, [image]))
        picked.append(strongest(features[0].float().cpu().numpy(), channels))
    if not views:
        raise UserError(f"none of {len(files)} images can be read")
    return views, picked


def draw(args: argparse.Namespace) -> int:
    from enhance.method_set import load_method_set
    from enhance.pictures.class_regions import class_regions
    from enhance.pictures.layers import channels_figure, filters_figure, first_filters
    from enhance.pictures.layout import write_pages
    from enhance.pictures.method_grid import method_grid

    check_folder(args.out)
    files = listed_images(args.images, args.out)
    boxes = read_boxes(args.ann, files)
    method_set = load_method_set(args.config, args.cfg_options, chosen_device(args.device), args.methods)
    for name, reason in method_set.left_out.items():
        print(f"left out: {name}: {reason}", file=sys.stderr)
    filters = first_filters(method_set.classifier)
    target = chosen_target(method_set.classifier.label_names, args.target)
    views, channels = look_at(method_set, files, boxes, target, args.channels)
    looks = {"threshold": args.threshold, "opacity": args.opacity}
    starts = range(0, len(views), ROWS)
    pages: dict[str, Iterable[Figure]] = {
        "methods": (method_grid(views[i : i + ROWS], **looks) for i in starts),
        "class_roi": [class_regions(views, **looks)],
        "channels": (channels_figure(views[i : i + ROWS], channels[i : i + ROWS]) for i in starts),
        "filters": [filters_figure(filters)],
    }
    for name, figures in pages.items():
        for file in write_pages(figures, args.out / name):
            print(file)
    return 1 if args.strict and len(views) < len(files) else 0


def main(argv: Sequence[str] | None = None) -> int:
    return draw(parse_args(argv))


if __name__ == "__main__":
    run(main)
