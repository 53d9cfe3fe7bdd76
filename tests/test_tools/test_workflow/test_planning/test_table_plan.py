"""tools/workflow/planning/table_plan.py: the rows of the tables and the commands that write them."""

import shlex
from pathlib import Path

import pytest

from data.errors import UserError
from tests.test_tools.test_workflow.workflow_cases import ABLATIONS, CONFIGS, real_plan, toy_plan
from tools import table1_report
from tools.workflow.planning.table_plan import TablePlan, ablations, table1

NEGATIVES = {"negatives": {"source": "free"}}


def arguments(table):
    """The command as the tool reads it, and the texts of --titles."""
    words = shlex.split(table.command)
    assert words[:2] == ["python", "tools/table1_report.py"]
    place = words.index("--titles") if "--titles" in words else len(words) - 2
    return table1_report.parse_args(words[2:place] + words[-2:]), words[place + 1 : -2]


@pytest.mark.parametrize("name", CONFIGS)
def test_table1_has_twelve_rows_for_each_seed(name):
    plan = real_plan(name)
    table = table1(plan)
    runs = 12 * len(plan.file.seeds)
    predictions = [file for file in table.inputs if file.name == "predictions.bbox.json"]
    tested = [file for file in predictions if "negatives" in file.parts]
    assert len(predictions) - len(tested) == len(set(predictions) - set(tested)) == runs
    assert len(tested) == (runs if "negatives" in plan.file.sets else 0)
    args, _ = arguments(table)
    assert len(args.pred) == runs and len(args.negatives_pred) == len(tested)
    assert args.ann == plan.ground_truth and args.out == plan.work / "table1"


def test_rows_are_named_by_detector_and_variant():
    args, _ = arguments(table1(toy_plan(seeds=[4, 5])))
    results = "work_dirs/toy/{}/{}/seed{}/test/predictions.bbox.json"
    assert args.pred[:3] == [
        "faster_rcnn/raw=" + results.format("faster_rcnn", "raw", 4),
        "faster_rcnn/raw=" + results.format("faster_rcnn", "raw", 5),
        "faster_rcnn/afda=" + results.format("faster_rcnn", "afda", 4),
    ]
    variants = ["afda", "medga", "color", "cawe", "color_cawe"]
    assert args.cost == [f"{variant}=datasets/toy/detection_{variant}/enhance_manifest.json" for variant in variants]
    assert args.published is None and args.negatives is None


def test_images_without_lesions_and_published_numbers():
    table = table1(toy_plan(published="paper.json", **NEGATIVES))
    args, _ = arguments(table)
    assert args.published == Path("paper.json")
    assert args.negatives == Path("work_dirs/toy/negatives/raw.json") == table.inputs[-1]
    results = "work_dirs/toy/retinanet/color_cawe/seed0/negatives/test/predictions.bbox.json"
    assert args.negatives_pred[-1] == f"retinanet/color_cawe={results}" and Path(results) in table.inputs


def test_folds_are_joined_to_one_repeat():
    table = table1(toy_plan(folds=2, **NEGATIVES))
    args, _ = arguments(table)
    results = "work_dirs/toy/retinanet/color_cawe/seed0_fold{}/test/predictions.bbox.json"
    assert args.pred[-1] == f"retinanet/color_cawe={results.format(0)}+{results.format(1)}"
    assert args.ann == Path("work_dirs/toy/folds/raw/all.json")
    assert args.negatives is None and len(table.inputs) == 1 + 12 * 2


def test_a_detector_may_have_a_title():
    detectors = {"a": {"config": "a.py", "title": "Faster R-CNN, it's small"}, "b": {"config": "b.py"}}
    named = toy_plan(detectors=detectors, ablations={"alpha": ["raw", "cawe"]})
    args, titles = arguments(table1(named))
    assert titles == ["a=Faster R-CNN, it's small"] and args.out == Path("work_dirs/toy/table1")
    assert arguments(ablations(named))[1] == []  # its groups are no detectors
    assert "--titles" not in table1(toy_plan()).command


def test_ablations_use_the_first_detector():
    plan = real_plan("tbx11k", ABLATIONS, seeds=[0])
    table = ablations(plan)
    pairs = [(name, variant) for name, variants in plan.file.ablations.items() for variant in variants]
    assert table.rows == [(name, "faster_rcnn", variant) for name, variant in pairs]
    args, _ = arguments(table)
    assert [pred.partition("=")[0] for pred in args.pred] == [f"{name}/{variant}" for name, variant in pairs]
    assert args.out == Path("work_dirs/tbx11k/ablations")


def test_a_table_of_raw_images_has_no_costs():
    table = TablePlan(toy_plan(), [("a", "retinanet", "raw")], Path("out"))
    assert arguments(table)[0].cost == []


def test_ablations_have_to_be_named():
    with pytest.raises(UserError, match="add configs/workflow/ablations.yaml"):
        _ = ablations(toy_plan()).inputs
