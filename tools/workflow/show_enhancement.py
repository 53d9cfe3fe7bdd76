"""Show what a recipe does: a picture of gray, attention, colorized and enhanced images with the lesion boxes.

Writes OUT.png and OUT.txt (its caption). With a classifier in the recipe also OUT.json: over all images with
lesions, the share of the maps' energy inside the lesion boxes beside the boxes' share of the image area.

Example:
  python tools/workflow/show_enhancement.py work_dirs/demo/recipe.py datasets/rsna --ann test.json --out
  work_dirs/demo/examples
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from data.atomic import atomic_path, write_text
from data.coco import load_coco, write_json
from data.errors import UserError
from data.images.image_io import read_grayscale
from enhance.evaluation.measures.roi import energy_in_boxes
from enhance.fusion import Enhancer
from enhance.pictures.layout import Panel, Row, page
from enhance.pictures.overlay import overlay
from enhance.recipe import build_enhancer, load_recipe
from tools.command_line.device import add_device

RESAMPLES = 1000


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="recipe")
    parser.add_argument("src", type=Path, help="data set folder, not enhanced")
    parser.add_argument("--ann", default="test.json", help="COCO JSON in SRC (default test.json)")
    parser.add_argument("--out", type=Path, required=True, help="path of the picture without suffix")
    parser.add_argument("--num", type=int, default=5, help="images in the picture (default 5)")
    add_device(parser)
    return parser.parse_args()


def images_with_boxes(src: Path, ann: str) -> list[tuple[Path, list[list[float]]]]:
    """Path and boxes (x, y, width, height) of every image of the JSON that has lesions."""
    coco = load_coco(src / ann)
    boxes: dict[Any, list[list[float]]] = {}
    for annotation in coco["annotations"]:
        boxes.setdefault(annotation["image_id"], []).append(annotation["bbox"])
    return [(src / image["file_name"], boxes[image["id"]]) for image in coco["images"] if image["id"] in boxes]


@torch.no_grad()
def columns(enhancer: Enhancer, image: np.ndarray) -> dict[str, np.ndarray]:
    """The pictures of one row: title to array, RGB uint8 or a map in [0, 1]."""
    shown = {"gray": image}
    if enhancer.attention is not None:
        shown["attention"] = enhancer.attention_maps([image])[0].cpu().numpy()
    if enhancer.colorizer is not None:
        shown["colorized"] = enhancer.colorize([image])[0].round().byte().cpu().numpy()
    return shown | {"fused" if enhancer.attention is not None else "enhanced": enhancer([image])[0]}


def draw(rows: list[tuple[dict[str, np.ndarray], list[list[float]]]], path: Path) -> None:
    """A grid of pictures, a map laid over its gray image, with the lesion boxes on all but the colorized column."""
    drawn = []
    for index, (pictures, boxes) in enumerate(rows):
        shown = {t: overlay(pictures["gray"], p, 0, 0.45) if t == "attention" else p for t, p in pictures.items()}
        panels = [
            Panel(picture, title if index == 0 else "", [] if title == "colorized" else boxes)
            for title, picture in shown.items()
        ]
        drawn.append(Row(pictures["gray"].shape, panels))
    with atomic_path(path) as temporary:
        page(drawn).savefig(temporary, dpi=140)


def localization(enhancer: Enhancer, images: list[tuple[Path, list[list[float]]]]) -> dict[str, Any]:
    """Mean energy share and area share over images, and their ratio with a 95 % bootstrap interval over images."""
    shares = []
    for path, boxes in tqdm(images, unit="image", desc="attention"):
        (attention,) = enhancer.attention_maps([read_grayscale(path)])
        shares.append(energy_in_boxes(attention.cpu().numpy(), boxes))
    energy, area = np.array(shares).T
    picks = np.random.default_rng(0).integers(0, len(shares), (RESAMPLES, len(shares)))
    ratios = energy[picks].mean(1) / area[picks].mean(1)
    return dict(
        images=len(shares),
        energy_in_boxes=float(energy.mean()),
        area_of_boxes=float(area.mean()),
        ratio=float(energy.mean() / area.mean()),
        ratio_ci95=[float(v) for v in np.quantile(ratios, (0.025, 0.975))],
    )


def main() -> None:
    args = parse_args()
    enhancer = build_enhancer(load_recipe(args.config), args.device)
    images = images_with_boxes(args.src, args.ann)
    if not images:
        raise UserError(f"{args.src / args.ann} lists no image with a lesion box")
    picked = [images[i] for i in np.linspace(0, len(images) - 1, min(args.num, len(images))).round().astype(int)]
    draw([(columns(enhancer, read_grayscale(path)), boxes) for path, boxes in picked], args.out.with_suffix(".png"))
    caption = "From the gray image to what the detectors see (last column); lesion boxes in yellow."
    if enhancer.attention is not None:
        measured = localization(enhancer, images)
        write_json(args.out.with_suffix(".json"), measured)
        low, high = measured["ratio_ci95"]
        caption += (
            f" Over {measured['images']} images with lesions, {measured['energy_in_boxes']:.1%} of the attention lies "
            f"inside the boxes, which cover {measured['area_of_boxes']:.1%} of the image: {measured['ratio']:.2f} "
            f"times their share (95 % CI {low:.2f} to {high:.2f})."
        )
    write_text(args.out.with_suffix(".txt"), caption + "\n")
    print(caption)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f"error: {error}")
