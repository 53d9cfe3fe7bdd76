"""The learning curve of a workflow: the first detector on fewer and on all training images, raw and enhanced."""

from pathlib import Path

from data.errors import UserError
from tools.workflow.planning.plan import RAW, Plan

ALL = "all"
"""The group of the ordinary runs, those of the tables."""


def inputs(plan: Plan) -> list[Path]:
    """The files that the report is made of.

    Raises:
        UserError: the workflow file asks for no learning curve, or for folds.
    """
    return [plan.ground_truth, training_file(plan), *(file for _, file in named_results(plan))]


def command(plan: Plan) -> str:
    """The command that writes the report, without its title.

    Raises:
        UserError: see `inputs`.
    """
    results = " ".join(f"{name}={file}" for name, file in named_results(plan))
    files = f"--ann {plan.ground_truth} --train {training_file(plan)} --pred {results}"
    return f"python tools/workflow/learning_curve_report.py {files} --out {plan.work / 'learning_curve'}"


def training_file(plan: Plan) -> Path:
    """The COCO file of all training images."""
    return plan.images(RAW) / plan.sides()[0]


def named_results(plan: Plan) -> list[tuple[str, Path]]:
    """The results files by SIZE/VARIANT, again for each seed."""
    curve = plan.file.learning_curve
    if curve is None:
        raise UserError("no learning curve is asked for: add learning_curve, as configs/workflow/nih_lesions.yaml has")
    if plan.file.folds:
        raise UserError(f"folds is {plan.file.folds}: a learning curve is tested on the test set alone; give folds=0")
    detector = next(iter(plan.file.detectors))
    parts = {**{str(size): f"_n{size}" for size in curve.sizes}, ALL: ""}
    return [
        (f"{size}/{variant}", plan.results(detector, variant, f"seed{seed}{part}"))
        for size, part in parts.items()
        for variant in curve.variants
        for seed in plan.file.seeds
    ]
