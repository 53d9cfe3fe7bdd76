"""A small table that the tests of its report share: two groups, three repeats of one, one of the other."""

import numpy as np

from detect.froc.curve import RankedSet
from detect.froc.settings import FrocSettings
from detect.froc.system import match_results
from detect.table1.evaluation import evaluate_rows
from detect.table1.repeat_measures import RepeatMeasures, measure_repeat
from reporting.resampling import resample_weights
from tests.test_detect.froc_cases import find, truth

SETTINGS = FrocSettings(fppi=(0.5, 1, 2), bootstrap=60)


def results(found: int, seed: int, false: int = 12) -> list[dict]:
    """The first `found` lesions, among false positives with scores of their own."""
    rng = np.random.default_rng(seed)
    hits = [find(i, 0.9 - 0.1 * i) for i in range(found)]
    return hits + [find(int(rng.integers(4)), float(rng.random()), hit=False) for _ in range(false)]


ROWS = {
    "faster_rcnn/raw": [results(1, 0), results(2, 1), results(1, 2)],
    "faster_rcnn/cawe": [results(2, 3), results(3, 4), results(3, 5)],
    "retinanet/raw": [results(2, 6)],
    "retinanet/afda": [results(1, 7, false=2)],
}


def measured(settings: FrocSettings = SETTINGS, rows: dict[str, list] = ROWS) -> dict[str, list[RepeatMeasures]]:
    weights = resample_weights(truth().groups, settings.bootstrap, settings.seed)
    return {
        key: [
            measure_repeat(
                RankedSet(match_results(truth(), entries, settings).matched), settings, weights, with_band=True
            )
            for entries in repeats
        ]
        for key, repeats in rows.items()
    }


def report(settings: FrocSettings = SETTINGS, **more) -> dict:
    extras = {"title": "Table 1", "notes": ["A note."], "published": None, "costs": {}, "negatives": None}
    return evaluate_rows(truth(), measured(settings), settings) | extras | more


FULL = {
    "published": {
        "source": "A paper",
        "note": "Another set.",
        "fppi": [1, 2],
        "rows": {"faster_rcnn/raw": [60.4, 70], "x/y": [1, 2]},
    },
    "costs": {"cawe": 0.1234, "afda": None},
    "negatives": {
        "name": "healthy",
        "counts": {"patients": 2, "images": 3, "images without lesions": 3, "lesions": 0},
        "grouped_by": "patient",
        "rows": {
            "retinanet/afda": {"value": [0.5, 1, 1.5], "ci95": [[0, 1], [1, 1], [0.5, 2]], "repeats": [[0.5, 1, 1.5]]}
        },
    },
}
