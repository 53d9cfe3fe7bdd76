"""How well do copies of an image stand apart from other people's images?

    python -m benchmarks.near_duplicates DATA/nih512/labels_train.json [--copies 200] [--seed 0]

changes images of a COCO file in ways in which they come into a second data set, and compares each with its original;
then compares all images of different persons. Prints a table: the product of the perceptual hashes and the similarity
of details (`data.leaks.similarity`), the lowest and the median of the copies, the highest of the others. A copy is
found where the first is at least `CANDIDATE` and the second at least `DUPLICATE` (`data.leaks.near_duplicates`).
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data.coco import groups_of
from data.coco_file.read import load_coco
from data.images.image_io import read_grayscale
from data.leaks.near_duplicates import CANDIDATE, DUPLICATE
from data.leaks.similarity import perceptual_hash, similarity

Image = NDArray[np.uint8]


def jpeg(image: Image, quality: int) -> Image:
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)


def scaled(image: Image, factor: float) -> Image:
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=kind), np.uint8)


def without_edge(image: Image, share: float) -> Image:
    rows, columns = (round(share * side) for side in image.shape)
    return image[rows : image.shape[0] - rows, columns : image.shape[1] - columns]


CHANGES: dict[str, Callable[[Image], Image]] = {
    "half size": lambda image: scaled(image, 0.5),
    "quarter size": lambda image: scaled(image, 0.25),
    "twice the size": lambda image: scaled(image, 2),
    "other aspect ratio": lambda image: np.asarray(cv2.resize(image, (256, 320)), np.uint8),
    "JPEG, quality 75": lambda image: jpeg(image, 75),
    "JPEG, quality 30": lambda image: jpeg(image, 30),
    "JPEG, quality 10": lambda image: jpeg(image, 10),
    "0.4 of the size, JPEG, quality 40": lambda image: jpeg(scaled(image, 0.4), 40),
    "gamma 0.7": lambda image: (255 * (image / 255.0) ** 0.7).astype(np.uint8),
    "narrower window": lambda image: np.clip((image - 40.0) * 1.4, 0, 255).astype(np.uint8),
    "CLAHE": lambda image: np.asarray(cv2.createCLAHE(2, (8, 8)).apply(image), np.uint8),
    "negative": lambda image: (255 - image).astype(np.uint8),
    "without 1 % at each edge": lambda image: without_edge(image, 0.01),
    "without 3 % at each edge": lambda image: without_edge(image, 0.03),
}


def hash_product(first: Image, second: Image) -> float:
    bits = perceptual_hash(first).astype(float)
    return abs(float(bits @ perceptual_hash(second))) / len(bits)


def copies(images: Sequence[Image]) -> None:
    """Print how alike copies are to their originals."""
    print("| copy | hash: lowest, median | details: lowest, median | found |\n|---|---|---|---|")
    for name, change in CHANGES.items():
        changed = [change(image) for image in images]
        products = np.array([hash_product(*pair) for pair in zip(images, changed, strict=True)])
        details = np.array([similarity(*pair) for pair in zip(images, changed, strict=True)])
        found = np.mean((products >= CANDIDATE) & (details >= DUPLICATE))
        values = [f"{values.min():.2f}, {np.median(values):.2f}" for values in (products, details)]
        print(f"| {name} | {values[0]} | {values[1]} | {found:.0%} |")


def others(images: Sequence[Image], persons: Sequence[str]) -> None:
    """Print how alike images of different persons are, the details of those whose hashes are the most alike."""
    hashes = np.stack([perceptual_hash(image) for image in images]).astype(np.float32)
    products = np.abs(hashes @ hashes.T) / hashes.shape[1]
    people = np.array(persons)
    products[(people[:, None] == people) | np.tri(len(people), dtype=bool)] = 0
    nearest = np.column_stack(np.unravel_index(np.argsort(products, axis=None)[-1000:], products.shape))
    highest = max(similarity(images[row], images[column]) for row, column in nearest)
    print(
        f"\n{len(images)} images of {len(set(persons))} persons, pairs of different persons: hash at most "
        f"{products.max():.2f}, {int((products >= CANDIDATE).sum())} candidates; details of the 1000 pairs with the "
        f"most alike hashes at most {highest:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ann", type=Path, help="COCO file; its file_names are relative to its folder")
    parser.add_argument("--copies", type=int, default=200, help="images that are changed (default 200)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of these (default 0)")
    args = parser.parse_args()
    entries = load_coco(args.ann)["images"]
    images = [read_grayscale(args.ann.parent / entry["file_name"]) for entry in entries]
    chosen = np.random.default_rng(args.seed).permutation(len(images))[: args.copies]
    copies([images[place] for place in chosen])
    others(images, groups_of(entries))


if __name__ == "__main__":
    main()
