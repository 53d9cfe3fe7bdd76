"""tools/workflow/planning/learning_curve_plan.py: the files of a learning curve and the command that writes it."""

import shlex
from pathlib import Path

import pytest

from data.errors import UserError
from tests.test_tools.test_workflow.workflow_cases import CURVE, real_plan, toy_plan
from tools.workflow import learning_curve_report
from tools.workflow.planning.learning_curve_plan import command, inputs

RESULTS = "work_dirs/toy/faster_rcnn/{}/{}/test/predictions.bbox.json"


def test_sizes_rise_to_the_ordinary_runs_of_the_first_detector():
    plan = toy_plan(learning_curve=CURVE, seeds=[4, 5])
    words = shlex.split(command(plan))
    assert words[:2] == ["python", "tools/workflow/learning_curve_report.py"]
    args = learning_curve_report.parse_args(words[2:])
    assert args.ann == Path("datasets/toy/detection/test.json")
    assert args.train == Path("datasets/toy/detection/train.json")
    assert args.out == Path("work_dirs/toy/learning_curve")
    assert args.pred == [
        f"{size}/{variant}={RESULTS.format(variant, f'seed{seed}{part}')}"
        for size, part in ((50, "_n50"), (100, "_n100"), ("all", ""))
        for variant in ("raw", "cawe")
        for seed in (4, 5)
    ]
    assert inputs(plan) == [args.ann, args.train, *(Path(item.partition("=")[2]) for item in args.pred)]


def test_all_images_are_not_trained_on_twice():
    plan = real_plan("nih_lesions")
    runs = [("faster_rcnn", variant, seed) for variant in ("raw", "color_cawe") for seed in range(3)]
    assert {file for run in runs for file in plan.predictions(*run)} < set(inputs(plan))
    assert len(inputs(plan)) == 2 + 4 * 2 * 3


def test_there_is_none_without_sizes_or_with_folds():
    with pytest.raises(UserError, match="add learning_curve, as configs/workflow/nih_lesions.yaml has"):
        inputs(toy_plan())
    with pytest.raises(UserError, match="folds is 3: .* give folds=0"):
        command(toy_plan(learning_curve=CURVE, folds=3))
