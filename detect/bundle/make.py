"""The files of a bundle that say how good its detector is: of validation images, and of test images."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from data.atomic import atomic_path, write_json, write_text
from detect.bundle.calibration import validation_calibration
from detect.bundle.card import card
from detect.bundle.files import CALIBRATION, CARD, OPERATING_POINTS
from detect.bundle.operating_points import RATES, at_points, validation_froc
from detect.froc.ground_truth import GroundTruth, set_counts
from reporting.axes import plain_axes
from reporting.curves import draw_band, draw_steps, finish_froc

Results = Sequence[Mapping[str, Any]]
COLOR = "#0072b2"


def write_measures(
    folder: Path,
    facts: Mapping[str, Any],
    validation: tuple[GroundTruth, Results],
    test: tuple[GroundTruth, Results] | None,
) -> None:
    """Write operating points, calibration, their figures and the card.

    Args:
        folder: of the bundle.
        facts: of the card, see `detect.bundle.card.card`.
        validation, test: lesions and results (a COCO results list); the test set may be missing.

    Raises:
        UserError: results that do not fit the lesions.
    """
    froc = validation_froc(*validation)
    calibration = validation_calibration(*validation)
    write_json(folder / OPERATING_POINTS, froc)
    write_json(folder / CALIBRATION, calibration)
    _save(_froc_figure(froc), folder / "validation_froc.png")
    _save(_reliability_figure(calibration["reliability"]), folder / "reliability.png")
    tested = test and {"counts": set_counts(test[0]), "points": at_points(froc, *test)}
    write_text(folder / CARD, card(facts, froc, calibration, tested))


def _froc_figure(froc: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.add_subplot()
    curve = froc["curve"]
    draw_steps(axes, curve["fp_per_image"], curve["sensitivity"], (0, max(RATES)), COLOR, "-")
    low, high = np.array([point["ci95"] for point in froc["points"].values()], float).T
    draw_band(axes, RATES, low, high, 0, COLOR)
    axes.set(xlim=(0, max(RATES)), ylim=(0, 1))
    finish_froc(figure, axes, ["validation images, with the 95 % interval"])
    return figure


def _reliability_figure(reliability: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.add_subplot()
    bins = reliability["bins"]
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    axes.plot([row["probability"] for row in bins], [row["hits"] for row in bins], "o-", color=COLOR)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="Calibrated probability, mean of a tenth")
    axes.set_ylabel("Share of detections that hit a lesion")
    plain_axes(axes)
    return figure


def _save(figure: Figure, path: Path) -> None:
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150)
