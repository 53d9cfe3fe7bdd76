"""Some images of an evaluation, to look at."""

from __future__ import annotations

import numpy as np

from enhance.evaluation.report.measured import Measured
from enhance.method_set import MethodSet
from enhance.pictures.looking import look
from enhance.pictures.view import View


def example_views(method_set: MethodSet, measured: Measured, folder: str, number: int = 6) -> list[View]:
    """Views of at most `number` images with their targets: spread over those with boxes, else over the correct ones.

    Args:
        folder: Of the images.
    """
    with_boxes = np.flatnonzero([bool(case.boxes) for case in measured.cases])
    correct = np.flatnonzero(measured.arrays["correct"])
    chosen = next((some for some in (with_boxes, correct) if len(some)), np.arange(len(measured.cases)))
    places = np.unique(np.linspace(0, len(chosen) - 1, number).round().astype(int))
    views = []
    for index in chosen[places].tolist():
        case = measured.cases[index]
        target = int(measured.arrays["targets"][index])
        views.append(look(method_set, case.file_name, case.image(folder), case.boxes, target))
    return views
