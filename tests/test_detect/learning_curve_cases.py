"""A small learning curve that the tests of its report share: 2, 4 and all 8 images, three variants, two trainings."""

from detect.learning_curve.evaluation import TrainingFile, evaluate_learning_curve
from tests.test_detect.froc_cases import truth
from tests.test_detect.table1_cases import SETTINGS, measured, results

SIZES = {"2": 2, "4": 4, "all": 8}
TRAINING = TrainingFile(images=8, boxes=12)
FOUND = {
    "2/raw": (1, 1),
    "2/color_cawe": (2, 1),
    "2/mine": (1, 0),
    "4/raw": (1, 2),
    "4/color_cawe": (2, 2),
    "4/mine": (1, 1),
    "all/raw": (2, 2),
    "all/color_cawe": (3, 3),
    "all/mine": (2, 1),
}
"""Lesions of three that are found, by each training."""
ROWS = {
    key: [results(number, 10 * place + repeat) for repeat, number in enumerate(found)]
    for place, (key, found) in enumerate(FOUND.items())
}


def report(found: dict[str, tuple[int, ...]] = FOUND, settings=SETTINGS) -> dict:
    rows = {key: ROWS[key] for key in found}
    content = evaluate_learning_curve(truth(), measured(settings, rows), settings, SIZES, TRAINING)
    return content | {"title": "Curve & more", "notes": ["A note."], "inputs": {}}
