"""A ground truth and detections of any size from a fixed seed, for what times FROC."""

import json
from pathlib import Path

import numpy as np

SIDE = 1024
Files = tuple[Path, Path]


def make_set(folder: Path, images: int, detections: int, seed: int = 0) -> Files:
    """Write a COCO ground truth and results: 30 % of the images with 1-3 lesions, every detection with its own score.

    A lesion is shown by two of its image's detections, moved by up to a tenth of its size; one in seven is not shown.
    All other detections lie anywhere.
    """
    rng = np.random.default_rng(seed)
    lesions_of = np.where(rng.random(images) < 0.3, rng.integers(1, 4, images), 0)
    lesion_image = np.repeat(np.arange(images), lesions_of)
    lesions = _random_boxes(rng, len(lesion_image))
    boxes = _random_boxes(rng, images * detections)
    order = np.arange(len(lesions)) - np.repeat(np.cumsum(lesions_of) - lesions_of, lesions_of)
    shown = np.zeros(len(boxes), bool)
    for slot in (2 * order, 2 * order + 1):
        chosen = (rng.random(len(lesions)) < 0.86) & (slot < detections)
        index = (lesion_image * detections + slot)[chosen]
        boxes[index] = lesions[chosen] + rng.uniform(-0.1, 0.1, (chosen.sum(), 4)) * lesions[chosen][:, [2, 3, 2, 3]]
        shown[index] = True
    rank = (rng.normal(size=len(boxes)) + 2.5 * shown).argsort().argsort()
    scores = ((rank + 0.5) / len(rank)) ** 3
    truth = {
        "images": [{"id": i, "file_name": f"{i}.png", "width": SIDE, "height": SIDE} for i in range(images)],
        "categories": [{"id": 1, "name": "lesion"}],
        "annotations": [
            {"id": k, "image_id": int(i), "category_id": 1, "bbox": box.round(2).tolist(), "iscrowd": 0}
            for k, (i, box) in enumerate(zip(lesion_image, lesions, strict=True))
        ],
    }
    results = [
        {"image_id": k // detections, "category_id": 1, "bbox": box.round(2).tolist(), "score": float(score)}
        for k, (box, score) in enumerate(zip(boxes, scores, strict=True))
    ]
    paths = folder / f"truth_{images}.json", folder / f"results_{images}_{detections}.json"
    for path, content in zip(paths, (truth, results), strict=True):
        path.write_text(json.dumps(content))
    return paths


def _random_boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    """(count, 4) x, y, width, height in pixels."""
    return np.concatenate([rng.uniform(30, SIDE - 230, (count, 2)), rng.uniform(40, 200, (count, 2))], axis=1)
