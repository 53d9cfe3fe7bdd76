"""tools/workflow/planning/plan.py: where everything lies, and which networks a variant needs."""

from pathlib import Path

import pytest
import yaml

from data.errors import MissingFileError, UserError
from tests.paths import ROOT
from tests.test_tools.test_workflow.workflow_cases import ABLATIONS, CONFIGS, WORKFLOWS, real_plan, toy_plan
from tools.workflow.planning.plan import size_of


@pytest.fixture(autouse=True)
def _project_folder(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_validation_images_are_enhanced_too():
    plan = toy_plan(detection={"source": "mine", "val": "v.json"})
    assert plan.validation == "v.json" and plan.annotation_names("detection") == ["train.json", "test.json", "v.json"]
    assert [file.name for file in plan.annotations("detection")] == ["train.json", "test.json"]
    assert toy_plan().validation is None and toy_plan().annotation_names("color") == ["train.json", "test.json"]
    folds = toy_plan(detection={"source": "mine", "val": "v.json"}, folds=3)
    assert folds.validation is None


def test_data_sets_are_prepared_or_used_where_they_lie():
    plan = toy_plan()
    assert plan.source("detection") == Path("/downloads/rsna")
    assert plan.prepared("detection") == Path("datasets/toy/detection")
    assert plan.annotations("color") == [Path("datasets/toy/color/train.json"), Path("datasets/toy/color/test.json")]
    coco = toy_plan(detection={"source": "mine", "train": "a.json", "test": "b.json"})
    assert coco.prepared("detection") == Path("/downloads/mine")
    assert coco.annotations("detection") == [Path("/downloads/mine/a.json"), Path("/downloads/mine/b.json")]
    assert coco.ground_truth == Path("/downloads/mine/b.json")
    labels = toy_plan(classification={"source": "mine", "train": "c.json", "test": "d.json"})
    assert labels.annotations("classification") == [Path("/downloads/mine/c.json"), Path("/downloads/mine/d.json")]


def test_a_variant_has_its_own_images_and_the_same_files():
    plan = toy_plan(negatives={"source": "free", "annotations": ["all.json"]})
    assert plan.images("raw") == Path("datasets/toy/detection")
    assert plan.images("cawe") == Path("datasets/toy/detection_cawe")
    assert plan.images_done("raw") == Path("datasets/toy/detection/train.json")
    assert plan.images_done("cawe") == Path("work_dirs/toy/enhanced/detection_cawe.done")
    assert plan.annotations("negatives") == [Path("/downloads/free/all.json")]
    assert plan.annotations("negatives", "cawe") == [Path("datasets/toy/negatives_cawe/all.json")]
    assert plan.images_done("cawe", "negatives") == Path("work_dirs/toy/enhanced/negatives_cawe.done")
    assert plan.negatives("cawe") == Path("work_dirs/toy/negatives/cawe.json")


def test_a_detector_runs_once_a_seed():
    plan = toy_plan(seeds=[3, 4])
    assert plan.runs(3) == ["seed3"]
    assert plan.run_annotations("cawe", "seed3") == ("train.json", "test.json")
    assert plan.run_inputs("cawe", "seed3") == [Path("work_dirs/toy/enhanced/detection_cawe.done")]
    assert plan.predictions("retinanet", "cawe", 3) == [
        Path("work_dirs/toy/retinanet/cawe/seed3/test/predictions.bbox.json")
    ]
    assert plan.weights("retinanet/cawe/seed3") == Path("work_dirs/toy/retinanet/cawe/seed3/weights.pth")


def test_a_detector_runs_once_a_fold():
    plan = toy_plan(folds=2, negatives={"source": "free"})
    assert plan.runs(0) == ["seed0_fold0", "seed0_fold1"]
    folds = ROOT / "work_dirs/toy/folds/cawe"
    assert plan.run_annotations("cawe", "seed0_fold1") == (f"{folds}/fold1_train.json", f"{folds}/fold1_test.json")
    assert plan.run_inputs("raw", "seed0_fold1") == [
        Path("datasets/toy/detection/train.json"),
        Path("work_dirs/toy/folds/raw/all.json"),
    ]
    tested = plan.predictions("retinanet", "raw", 0, "negatives/test")
    assert [file.parts[4:6] for file in tested] == [("seed0_fold0", "negatives"), ("seed0_fold1", "negatives")]
    assert plan.ground_truth == Path("work_dirs/toy/folds/raw/all.json")
    assert not plan.has_negatives and toy_plan(negatives={"source": "free"}).has_negatives


def test_a_run_on_fewer_images_has_a_training_file_of_its_own():
    plan = toy_plan()
    subset = "work_dirs/toy/subsets/cawe/seed3_n50.json"
    assert [size_of(run) for run in ("seed3_n50", "seed3", "seed3_fold2")] == [50, None, None]
    assert plan.run_annotations("cawe", "seed3_n50") == (str(ROOT / subset), "test.json")
    assert plan.run_inputs("cawe", "seed3_n50") == [
        Path("work_dirs/toy/enhanced/detection_cawe.done"),
        Path(subset),
    ]
    results = "work_dirs/toy/retinanet/cawe/seed3_n50/test/predictions.bbox.json"
    assert plan.results("retinanet", "cawe", "seed3_n50") == Path(results)


def test_the_report_shows_the_first_seed():
    plan = toy_plan(seeds=[5, 6])
    results = "work_dirs/toy/{}/{}/seed5/test/predictions.bbox.json"
    systems = [(d, v) for d in ("faster_rcnn", "retinanet") for v in ("raw", "color_cawe")]
    assert plan.reported == [Path(results.format(*system)) for system in systems]
    assert plan.systems == " ".join(f"{d}/{v}={results.format(d, v)}" for d, v in systems)
    with pytest.raises(UserError, match="ask for the target table1"):
        _ = toy_plan(folds=3).reported


def test_networks_of_a_variant_are_read_from_its_recipe():
    plan = toy_plan()
    assert plan.networks("afda") == plan.networks("jet") == {}
    assert plan.networks("color") == {"colorizer": "colorizer"}
    assert plan.networks("color_cawe") == {"classifier": "classifier", "colorizer": "colorizer"}
    assert [plan.uses_networks(variant) for variant in ("raw", "jet", "cawe")] == [False, False, True]


def test_a_recipe_may_bring_its_networks_along(tmp_path):
    recipe = tmp_path / "recipe.py"
    recipe.write_text(
        "enhancer = dict(type='Enhancer', classifier=dict(type='A'))\ncheckpoints = dict(classifier='a')\n"
    )
    plan = toy_plan(enhancers={"mine": {"recipe": str(recipe)}}, classifier=None)
    assert plan.networks("mine") == {} and plan.uses_networks("mine")


def test_an_ablation_changes_options_or_networks():
    plan = real_plan("tbx11k", ABLATIONS)
    assert plan.networks("color_cawe_intra") == {"classifier": "classifier_intra", "colorizer": "colorizer"}
    assert plan.recipe_options("color_cawe_alpha_25").endswith(" enhancer.alpha=0.25")
    assert "checkpoint=work_dirs/tbx11k/classifier_intra/weights.pth" in plan.recipe_options("color_cawe_intra")


@pytest.mark.parametrize("workflow", ["tbx11k", "nih_lesions"])
def test_an_ablation_changes_what_the_workflow_calls_color_cawe(workflow):
    plan = real_plan(workflow, ABLATIONS)
    whole = plan.enhancer("color_cawe")
    assert whole["recipe"] == "configs/enhance/color_cawe_lite.py"
    assert plan.enhancer("color_cawe_channel")["recipe"] == whole["recipe"]
    changed = plan.recipe_options("color_cawe_channel").removeprefix(plan.recipe_options("color_cawe"))
    assert changed == " enhancer.fusion=channel"


def test_options_of_another_variant_come_first():
    plan = toy_plan(
        enhancers={
            "soft": {"recipe": "configs/enhance/jet.py", "options": "a=1"},
            "softer": {"of": "soft", "options": "a=2"},
        }
    )
    assert plan.recipe_options("softer") == "--cfg-options a=1 a=2"
    with pytest.raises(MissingFileError, match="configs/enhance/nothing.py"):
        toy_plan(enhancers={"mine": {"of": "nothing"}}).networks("mine")


def test_a_recipe_is_filled_with_the_last_phase_of_each_network():
    plan = toy_plan(colorizer={"config": ["a/first.py", "a/second.py"], "data": "color"})
    assert plan.phases("classifier") == {"configs/enhance/classifier_demo.py": Path("work_dirs/toy/classifier")}
    assert plan.phases("colorizer") == {
        "a/first.py": Path("work_dirs/toy/colorizer/first"),
        "a/second.py": Path("work_dirs/toy/colorizer/second"),
    }
    assert plan.recipe_options("color_cawe") == (
        "--cfg-options enhancer.classifier.config=configs/enhance/classifier_demo.py "
        "enhancer.classifier.checkpoint=work_dirs/toy/classifier/weights.pth "
        "enhancer.colorizer.config=a/second.py enhancer.colorizer.checkpoint=work_dirs/toy/colorizer/weights.pth"
    )
    assert plan.recipe_options("afda") == ""


def test_a_trained_network_is_used_where_it_lies():
    given = {"config": "configs/enhance/classifier_lite.py", "weights": "work_dirs/other/classifier/weights.pth"}
    plan = toy_plan(classifier=given, classification=None)
    assert list(plan.file.sets) == ["color", "detection"]
    assert plan.weights("classifier") == Path("work_dirs/other/classifier/weights.pth")
    assert "enhancer.classifier.checkpoint=work_dirs/other/classifier/weights.pth" in plan.recipe_options("cawe")
    assert toy_plan(classifier=given, folds=3).networks("cawe") == {"classifier": "classifier"}


def test_a_network_has_to_be_defined():
    with pytest.raises(UserError, match="cawe needs classifier: define it"):
        toy_plan(classifier=None).networks("cawe")


def test_a_network_may_not_know_what_the_folds_test():
    labels = {"classification": {"reader": "box_labels", "source": "rsna"}}
    assert toy_plan(**labels).networks("cawe")
    with pytest.raises(UserError, match="cawe: classifier is trained on the labels of images that the folds test"):
        toy_plan(folds=3, **labels).networks("cawe")
    assert toy_plan(folds=3, **labels).networks("color")


def test_what_is_no_recipe(tmp_path):
    with pytest.raises(MissingFileError, match="configs/enhance/nothing.py: no such recipe"):
        toy_plan().networks("nothing")
    (tmp_path / "empty.py").write_text("model = dict(type='A')\n")
    with pytest.raises(UserError, match="is no recipe"):
        toy_plan(enhancers={"mine": {"recipe": str(tmp_path / "empty.py")}}).networks("mine")


@pytest.mark.parametrize(
    ("variants", "shown"),
    [
        (["raw", "color_cawe"], "color_cawe"),
        (["color_cawe", "raw", "cawe"], "color_cawe"),
        (["raw", "color", "cawe", "afda"], "cawe"),
        (["raw", "jet", "afda"], "afda"),
        (["raw"], None),
    ],
    ids=str,
)
def test_which_variant_the_examples_show(variants, shown):
    assert toy_plan(variants=variants).shown == shown


def test_without_networks_a_workflow_needs_none():
    plan = toy_plan(variants=["raw", "afda"], classifier=None, colorizer=None, classification=None, color=None)
    assert plan.shown == "afda" and plan.recipe_options("afda") == "" and list(plan.file.sets) == ["detection"]


@pytest.mark.parametrize("name", CONFIGS)
def test_configs_that_are_named_exist(name):
    config = yaml.safe_load((WORKFLOWS / f"{name}.yaml").read_text())
    config |= yaml.safe_load((WORKFLOWS / f"{ABLATIONS}.yaml").read_text())
    parts = [settings for name, settings in config.items() if name.startswith(("classifier", "colorizer"))]
    for settings in (*parts, *config["detectors"].values()):
        files = settings["config"] if isinstance(settings["config"], list) else [settings["config"]]
        assert all((ROOT / file).is_file() for file in files)
    for settings in config["enhancers"].values():
        assert "of" in settings or (ROOT / settings["recipe"]).is_file()
    for variant in {*config["variants"], *sum(config["ablations"].values(), [])} - {"raw", *config["enhancers"]}:
        assert (ROOT / f"configs/enhance/{variant}.py").is_file()


def test_leaks_are_looked_for_in_what_is_trained_on():
    plan, train = toy_plan(), [Path("datasets/toy/detection/train.json")]
    assert plan.leaks == Path("work_dirs/toy/leaks.json")
    assert plan.tested == [Path("datasets/toy/detection/test.json")]
    assert plan.learned_from(["raw"]) == plan.learned_from(["raw", "color"]) == {"--train": train}
    labels = [Path("datasets/toy/classification/train.json")]
    assert plan.learned_from(["raw", "cawe"]) == {"--train": train, "--classifier": labels}
    listed = toy_plan(detection={"source": "mine", "annotations": ["train.json", "val.json", "test.json"]})
    assert listed.tested == [Path("/downloads/mine/test.json")]
    folds = toy_plan(folds=3)
    assert folds.tested == [*train, Path("datasets/toy/detection/test.json")]
    assert folds.learned_from(["raw"]) == {} and folds.learned_from(["cawe"]) == {"--classifier": labels}
