"""Show what a recipe does: a picture of gray, attention, colorized and enhanced images with the lesion boxes.

Writes OUT.png and OUT.txt (its caption). With a classifier in the recipe also OUT.json: over all images with
lesions, the share of the maps' energy inside the lesion boxes beside the boxes' share of the image area, and the ratio
of the two with its interval over patients.

Example:
  python tools/workflow/show_enhancement.py work_dirs/demo/recipe.py datasets/rsna --ann test.json \\
      --out work_dirs/demo/examples
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import UserError
from tools.command_line.device import add_device, chosen_device
from tools.command_line.run import run

if TYPE_CHECKING:
    import numpy as np

RESAMPLES = 1000


@dataclass(frozen=True)
class LesionImage:
    """An image with lesions: its file, width and height as the JSON says, whom it is of (or itself), and its boxes.

    A box is (x, y, width, height) in pixels.
    """

    file: Path
    size: tuple[float, float]
    group: str
    boxes: list[list[float]]


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", help="recipe")
    parser.add_argument("src", type=Path, help="data set folder, not enhanced")
    parser.add_argument("--ann", default="test.json", help="COCO JSON in SRC (default test.json)")
    parser.add_argument("--out", type=Path, required=True, help="path of the picture without suffix")
    parser.add_argument("--num", type=int, default=5, help="images in the picture (default 5)")
    add_device(parser)
    return parser.parse_args(argv)


def images_with_lesions(src: Path, ann: str) -> list[LesionImage]:
    """Every image of the JSON that has lesions, in its order.

    Raises:
        UserError: There is none.
    """
    from data.coco import groups_of, lesions_of
    from data.coco_file.read import load_coco

    coco = load_coco(src / ann)
    boxes: dict[Any, list[list[float]]] = defaultdict(list)
    for lesion in lesions_of(coco):
        boxes[lesion["image_id"]].append(lesion["bbox"])
    found = [
        LesionImage(src / image["file_name"], (image["width"], image["height"]), group, boxes[image["id"]])
        for image, group in zip(coco["images"], groups_of(coco["images"]), strict=True)
        if image["id"] in boxes
    ]
    if not found:
        raise UserError(f"{src / ann} lists no image with a lesion box")
    return found


def read(image: LesionImage) -> np.ndarray:
    """The gray pixels (H, W) uint8.

    Raises:
        UserError: It cannot be read, or has another size than its boxes were drawn on.
    """
    from data.images.declared_size import check_declared_size
    from data.images.image_io import read_grayscale

    pixels = read_grayscale(image.file)
    check_declared_size(image.file, (pixels.shape[1], pixels.shape[0]), image.size)
    return pixels


def localization(enhancer: Any, images: Sequence[LesionImage]) -> dict[str, Any]:
    """Mean energy share and area share over the images, and their ratio with its interval over patients."""
    import numpy as np
    from tqdm import tqdm

    from enhance.evaluation.measures.localization import energy_in_boxes
    from reporting.estimate import Estimate
    from reporting.ratio import ratio
    from reporting.resampling import resample_weights

    shares = []
    for image in tqdm(images, unit="image", desc="attention"):
        (attention,) = enhancer.attention_maps([read(image)])
        shares.append(energy_in_boxes(attention.cpu().numpy(), image.boxes))
    energy, area = np.array(shares).T
    weights = resample_weights([image.group for image in images], RESAMPLES, seed=0)
    rows = np.concatenate([np.ones((1, len(images))), weights])
    entry = Estimate.of_rows(ratio(rows @ energy, rows @ area)).entry()
    return dict(
        images=len(shares),
        energy_in_boxes=float(energy.mean()),
        area_of_boxes=float(area.mean()),
        ratio=entry["value"],
        ratio_ci95=entry["ci95"],
    )


def caption(measured: dict[str, Any] | None) -> str:
    """What the picture shows and, of a recipe with attention, where its maps lie."""
    text = "From the gray image to what the detectors see (last column); lesion boxes in yellow."
    if measured is None:
        return text
    low, high = measured["ratio_ci95"]
    return (
        f"{text} Over {measured['images']} images with lesions, {measured['energy_in_boxes']:.1%} of the attention "
        f"lies inside the boxes, which cover {measured['area_of_boxes']:.1%} of the image: {measured['ratio']:.2f} "
        f"times their share (95 % CI {low:.2f} to {high:.2f})."
    )


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    import numpy as np

    from data.atomic import atomic_path, write_json, write_text
    from enhance.pictures.enhancement import enhancement_page, steps
    from enhance.recipe import build_enhancer, load_recipe

    images = images_with_lesions(args.src, args.ann)
    enhancer = build_enhancer(load_recipe(args.config), chosen_device(args.device))
    picked = [images[i] for i in np.linspace(0, len(images) - 1, min(args.num, len(images))).round().astype(int)]
    with atomic_path(args.out.with_suffix(".png")) as temporary:
        rows = [(steps(enhancer, read(image)), image.boxes) for image in picked]
        enhancement_page(rows).savefig(temporary, dpi=140)
    measured = None
    if getattr(enhancer, "attention", None) is not None:
        measured = localization(enhancer, images)
        write_json(args.out.with_suffix(".json"), measured)
    write_text(args.out.with_suffix(".txt"), caption(measured) + "\n")
    print(caption(measured))


if __name__ == "__main__":
    run(main)
