"""Make small what a machine without network is given: images as JPEGs of a smaller side, and weights at half precision.

    python -m benchmarks.carry images datasets/mine carried/lesions --ann train.json test.json --side 320
    python -m benchmarks.carry weights work_dirs/NAME/classifier/weights.pth carried/classifier.pth

`benchmarks/carry.sh` calls it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from data.atomic import atomic_path, write_json
from data.coco_file.read import load_coco
from data.images.errors import ImageReadError

ONLY_TRAINING = ("discriminator.", "feature_extractor.")
"""How the names of the weights begin that a colorizer needs for its training alone."""


def shrink_images(src: Path, dst: Path, ann_files: Sequence[str], side: int, quality: int, limit: int | None) -> int:
    """Copy the images that COCO files list, the shorter side at most `side` pixels, and the files with their boxes.

    Args:
        limit: images of each file, evenly spaced; None takes all.

    Returns:
        How many images there are.
    """
    written: dict[str, float] = {}
    for name in ann_files:
        coco = load_coco(src / name)
        if limit is not None and limit < len(coco["images"]):
            places = np.linspace(0, len(coco["images"]) - 1, limit).round().astype(int)
            coco["images"] = [coco["images"][place] for place in places]
        for image in coco["images"]:
            if image["file_name"] not in written:
                written[image["file_name"]] = shrink_image(src, dst, image["file_name"], side, quality)
        write_json(dst / name, scaled(coco, written), indent=None)
    return len(written)


def shrink_image(src: Path, dst: Path, name: str, side: int, quality: int) -> float:
    """Write one image as a JPEG and return by how much its sides were scaled."""
    image = cv2.imread(str(src / name), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ImageReadError(src / name, "missing or no image", "mend the COCO file or the folder")
    scale = min(1.0, side / min(image.shape[:2]))
    width, height = (round(length * scale) for length in image.shape[1::-1])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    with atomic_path((dst / name).with_suffix(".jpg")) as temporary:
        cv2.imwrite(str(temporary), small, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return scale


def scaled(coco: dict[str, Any], scales: dict[str, float]) -> dict[str, Any]:
    """A COCO file for images whose sides were scaled, by their names; annotations of other images are left out."""
    by_id = {image["id"]: scales[image["file_name"]] for image in coco["images"]}
    images = [
        image
        | {key: round(image[key] * by_id[image["id"]]) for key in ("width", "height") if key in image}
        | {"file_name": Path(image["file_name"]).with_suffix(".jpg").as_posix()}
        for image in coco["images"]
    ]
    annotations = []
    for annotation in coco.get("annotations", []):
        if annotation["image_id"] in by_id:
            scale = by_id[annotation["image_id"]]
            box = [round(value * scale, 2) for value in annotation["bbox"]]
            annotations.append(annotation | {"bbox": box, "area": annotation.get("area", 0) * scale**2})
    return coco | {"images": images, "annotations": annotations}


def shrink_weights(src: Path, dst: Path) -> None:
    """Keep of a checkpoint what inference needs; kernels and matrices at half precision, all else as it is."""
    checkpoint = torch.load(src, map_location="cpu", weights_only=False)  # of one's own training
    state = {
        name: tensor.half() if tensor.is_floating_point() and tensor.ndim > 1 else tensor
        for name, tensor in checkpoint["state_dict"].items()
        if not name.startswith(ONLY_TRAINING)
    }
    with atomic_path(dst) as temporary:
        torch.save({"state_dict": state}, temporary)


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    images = commands.add_parser("images", help="a folder with images and COCO files")
    weights = commands.add_parser("weights", help="a checkpoint of tools/train.py")
    for command in (images, weights):
        command.add_argument("src", type=Path)
        command.add_argument("dst", type=Path)
    images.add_argument("--ann", nargs="+", required=True, metavar="FILE", help="COCO files, relative to SRC")
    images.add_argument("--side", type=int, default=320, help="shorter side in pixels (default 320)")
    images.add_argument("--quality", type=int, default=85, help="of the JPEGs (default 85)")
    images.add_argument("--limit", type=int, help="images of each file (default all)")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    args = parse_args(argv)
    if args.command == "weights":
        shrink_weights(args.src, args.dst)
        return
    number = shrink_images(args.src, args.dst, args.ann, args.side, args.quality, args.limit)
    print(f"{number} images of {args.src} in {args.dst}")


if __name__ == "__main__":
    main()
