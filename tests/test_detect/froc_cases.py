"""A small comparison that the tests of the report share."""

import numpy as np

from detect.froc.evaluation import evaluate
from detect.froc.ground_truth import GroundTruth
from detect.froc.matching import Boxes
from detect.froc.settings import FrocSettings
from detect.froc.system import System, match_results

NOTHING = Boxes(np.zeros(0, int), np.zeros((0, 4)), np.zeros(0, int))


def truth(labels=(1, 1, 1), notes=("A note on the truth.",)) -> GroundTruth:
    """Four images of three patients: a lesion of 30 x 30 pixels on each of the first three, none on the fourth."""
    return GroundTruth(
        image_ids=[0, 1, 2, 3],
        file_names=[f"images/{i}.png" for i in range(4)],
        sizes=np.full((4, 2), 100.0),
        spacing=np.full((4, 2), np.nan),
        lesions=Boxes(np.arange(3), np.array([[0.0, 0, 30, 30]] * 3), np.array(labels)),
        regions=NOTHING,
        groups=["a", "a", "b", "c"],
        grouped_by="patient",
        categories={1: "x", 2: "y"},
        notes=list(notes),
    )


def find(image_id: int, score: float, hit: bool = True, category_id: int = 1) -> dict:
    box = [0, 0, 30, 30] if hit else [50, 50, 30, 30]
    return {"image_id": image_id, "category_id": category_id, "bbox": box, "score": score}


RESULTS = {
    "raw": [find(0, 0.9), *(find(i % 4, 0.8 - i / 100, False) for i in range(12)), find(1, 0.1)],
    "a|<b>&": [find(0, 0.9), find(1, 0.8), find(3, 0.7, False)],
    "silent": [],
}


def systems(settings: FrocSettings, names=tuple(RESULTS), ground_truth: GroundTruth | None = None) -> dict[str, System]:
    ground_truth = ground_truth or truth()
    return {name: match_results(ground_truth, RESULTS[name], settings, name) for name in names}


def report(names=tuple(RESULTS), ground_truth: GroundTruth | None = None, **options) -> dict:
    settings = FrocSettings(**({"fppi": (0.5, 1, 2), "bootstrap": 40} | options))
    ground_truth = ground_truth or truth()
    return evaluate(ground_truth, systems(settings, names, ground_truth), settings)
