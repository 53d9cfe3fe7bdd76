"""tools/workflow/planning/training_plan.py: the commands that train, phase after phase."""

from pathlib import Path

import pytest
from mmengine.config import Config

from data.errors import MissingFileError, UserError
from tests.paths import ROOT
from tests.test_tools.test_workflow.workflow_cases import CURVE, real_plan, toy_plan
from tools.workflow.planning.training_plan import (
    Stage,
    data_options,
    detector_settings,
    detector_stage,
    network_stages,
    train_options,
)

DATA = (
    "train_dataloader.dataset.data_root={0} train_dataloader.dataset.ann_file={1} "
    "val_dataloader.dataset.data_root={0} val_dataloader.dataset.ann_file={2} "
    "test_dataloader.dataset.data_root={0} test_dataloader.dataset.ann_file={2}"
)


def test_validation_and_test_use_the_test_file():
    assert data_options(Path("a"), "b.json", "c.json") == DATA.format("a", "b.json", "c.json")


def test_validation_images_of_their_own():
    options = data_options(Path("a"), "b.json", "c.json", "v.json")
    expected = DATA.format("a", "b.json", "c.json")
    assert options == expected.replace("val_dataloader.dataset.ann_file=c", "val_dataloader.dataset.ann_file=v")
    plan = toy_plan(detection={"source": "mine", "val": "v.json"})
    assert "val_dataloader.dataset.ann_file=v.json" in detector_stage(plan, "retinanet", "cawe", "seed7").command


def test_the_workflow_file_overrides_last():
    assert train_options({}, "a=1") == "--cfg-options a=1"
    assert train_options({"flags": "--amp", "options": "a=2 b=3"}, "a=1") == "--amp --cfg-options a=1 a=2 b=3"


def test_a_detector_is_trained_on_its_images_with_its_seed():
    stage = detector_stage(toy_plan(), "retinanet", "cawe", "seed7")
    assert stage.command == (
        "python tools/workflow/on_free_gpu.py python tools/workflow/train_stage.py configs/detect/retinanet_demo.py "
        "--work-dir work_dirs/toy/retinanet/cawe/seed7 --inputs work_dirs/toy/enhanced/detection_cawe.done -- "
        f"--cfg-options {DATA.format('datasets/toy/detection_cawe', 'train.json', 'test.json')} randomness.seed=7"
    )


def test_a_fold_is_a_run_of_its_seed():
    stage = detector_stage(toy_plan(folds=3), "retinanet", "raw", "seed7_fold2")
    folds = Path("work_dirs/toy/folds/raw")
    assert stage.folder == Path("work_dirs/toy/retinanet/raw/seed7_fold2")
    assert stage.inputs == [Path("datasets/toy/detection/train.json"), folds / "all.json"]
    absolute = folds.absolute()
    sides = DATA.format("datasets/toy/detection", f"{absolute}/fold2_train.json", f"{absolute}/fold2_test.json")
    assert stage.options == f"--cfg-options {sides} randomness.seed=7"


def test_fewer_images_come_with_options_of_their_number():
    detectors = {"a": {"config": "a.py", "flags": "--amp", "options": "train_cfg.max_epochs=3 b=1"}}
    plan = toy_plan(detectors=detectors, learning_curve=CURVE)
    subset = Path("work_dirs/toy/subsets/cawe/seed7_n50.json")
    stage = detector_stage(plan, "a", "cawe", "seed7_n50")
    assert stage.folder == Path("work_dirs/toy/a/cawe/seed7_n50")
    assert stage.inputs == [Path("work_dirs/toy/enhanced/detection_cawe.done"), subset]
    sides = DATA.format("datasets/toy/detection_cawe", subset.absolute(), "test.json")
    own = "train_cfg.max_epochs=3 b=1"
    assert stage.options == f"--amp --cfg-options {sides} randomness.seed=7 {own} train_cfg.max_epochs=60"
    assert detector_settings(plan, "a", "seed7") == detectors["a"]
    assert detector_settings(plan, "a", "seed7_n100")["options"] == own  # the size has none
    for wrong in (plan, toy_plan(detectors=detectors)):
        with pytest.raises(UserError, match="seed7_n60: 60 images are none of the sizes of learning_curve"):
            detector_settings(wrong, "a", "seed7_n60")


def test_a_network_of_one_phase_lies_in_its_own_folder():
    (stage,) = network_stages(toy_plan(), "classifier")
    assert (stage.config, stage.folder) == ("configs/enhance/classifier_demo.py", Path("work_dirs/toy/classifier"))
    assert stage.inputs == [Path("datasets/toy/classification/train.json")]
    assert stage.options == f"--cfg-options {DATA.format('datasets/toy/classification', 'train.json', 'test.json')}"


def test_a_network_is_trained_on_the_files_of_its_data_set():
    (stage,) = network_stages(
        toy_plan(classification={"source": "mine", "train": "a.json", "test": "b.json"}), "classifier"
    )
    assert stage.inputs == [Path("/downloads/mine/a.json")]
    assert stage.options == f"--cfg-options {DATA.format('/downloads/mine', 'a.json', 'b.json')}"


def test_a_phase_starts_from_the_best_epoch_of_the_one_before():
    stages = network_stages(real_plan("rsna_small"), "colorizer")
    names = ["generator_small", "critic_small", "joint_small"]
    folders = [Path("work_dirs/rsna_small/colorizer", name) for name in names]
    assert [stage.config for stage in stages] == [f"configs/colorize_gan/{name}.py" for name in names]
    assert [stage.folder for stage in stages] == folders
    assert [stage.inputs for stage in stages] == [
        [Path("datasets/rsna_small/color/train.json")],
        [folders[0] / "last_checkpoint"],
        [folders[1] / "last_checkpoint"],
    ]
    sides = f"--cfg-options {DATA.format('datasets/rsna_small/color', 'train.json', 'test.json')}"
    assert [stage.options for stage in stages] == [
        sides,
        f"{sides} load_from='{folders[0]}/best_*.pth'",
        f"{sides} load_from='{folders[1]}/best_*.pth'",
    ]


def test_the_stamp_changes_with_the_content_of_the_config(tmp_path):
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text("a = 1\n")
    other.write_text("a = 2\n")
    stamps = {Stage(str(config), tmp_path, [], options).stamp for config in (one, other) for options in ("", "--amp")}
    assert len(stamps) == 4
    one_again = tmp_path / "again.py"
    one_again.write_text("# a comment\na = 1\n")
    assert Stage(str(one_again), tmp_path, [], "--amp").stamp in stamps
    with pytest.raises(MissingFileError, match="nothing.py: no such config"):
        _ = Stage("nothing.py", ROOT, [], "").stamp


def test_many_runs_of_a_config_read_it_once(tmp_path, monkeypatch):
    """A plan of five folds has 180 trainings of two detectors; reading and printing a config takes 0.2 seconds."""
    (tmp_path / "a.py").write_text("a = 1\n")
    read, files = Config.fromfile, []
    monkeypatch.setattr(Config, "fromfile", lambda file, **options: files.append(file) or read(file, **options))
    plan = toy_plan(detectors={name: {"config": str(tmp_path / "a.py")} for name in ("one", "two")}, folds=5)
    runs = plan.runs(0)
    stamps = {detector_stage(plan, detector, "raw", run).stamp for detector in ("one", "two") for run in runs}
    assert len(files) == 1 and len(stamps) == 5  # the two detectors differ in their folder alone
