"""The workflow's plans: every config shows its whole plan, missing data gives one error.

Snakemake plans in this process, since starting it costs seconds. What needs no graph of jobs is tested beside the
modules of tools/workflow.
"""

import re
import signal
from pathlib import Path

import pytest
import yaml
from snakemake.cli import main

from tests.paths import ROOT
from tests.test_tools.test_workflow.workflow_cases import ABLATIONS, CONFIGS, WORKFLOWS

DRY = ("-n", "--nolock", "--forceall")


@pytest.fixture(autouse=True)
def _project_folder(monkeypatch):
    """Snakemake plans in the working folder; what it sets in this process is set back."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("JOBS_PER_GPU", "1")
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def plan(capsys, tmp_path):
    """A dry run in this process that looks for the data in `tmp_path`: its exit code and what it prints."""

    def run(names: list[str], *options: str, target: str | None = None, flags: tuple[str, ...] = ()):
        files = [str(WORKFLOWS / f"{name}.yaml") for name in names]
        command = [*DRY, *flags, "--configfile", *files, "--config", f"data_root={tmp_path}", *options]
        with pytest.raises(SystemExit) as end:
            main([*command, "--", *([target] if target else [])])
        return end.value.code, "".join(capsys.readouterr())

    return run


@pytest.fixture
def counts(plan):
    """How many jobs of each rule a plan has."""

    def count(*args, **options) -> dict[str, int]:
        code, output = plan(*args, **options)
        assert code == 0, output
        return {name: int(jobs) for name, jobs in re.findall(r"^(\w+) +(\d+)$", output, re.MULTILINE)}

    return count


def lay_out(config: dict, root: Path) -> None:
    """The folders that a workflow asks for, empty, and the COCO files of data sets that come in this form."""
    for settings in config.values():
        if isinstance(settings, dict) and "source" in settings:
            (root / settings["source"]).mkdir(parents=True, exist_ok=True)
            named = [settings[side] for side in ("train", "test") if side in settings]
            for name in [*named, *settings.get("annotations", [])]:
                (root / settings["source"] / name).write_text("{}")


def read(name: str) -> dict:
    return yaml.safe_load((WORKFLOWS / f"{name}.yaml").read_text())


@pytest.mark.parametrize("name", CONFIGS)
def test_the_whole_plan_is_shown(name, counts, tmp_path):
    config = read(name)
    lay_out(config, tmp_path)
    jobs = counts([name])
    detectors = len(config["detectors"]) * len(config["variants"])
    assert jobs["train_detector"] == jobs["test_detector"] == detectors
    assert jobs["enhance"] == len(config["variants"]) - 1
    assert jobs["train_part"] == 2
    assert {"recipe", "examples", "report", "prepare"} <= set(jobs)
    assert ("phantom" in jobs) == ("phantom" in config)


@pytest.mark.parametrize("name", CONFIGS)
def test_table1_has_twelve_rows_for_each_seed(name, counts, tmp_path):
    config = read(name)
    lay_out(config, tmp_path)
    jobs = counts([name], target="table1")
    runs = 12 * len(config.get("seeds", [0]))
    assert jobs["train_detector"] == jobs["test_detector"] == runs
    assert jobs["train_part"] == 2 and jobs["table1"] == 1
    if "negatives" in config:
        assert jobs["enhance"] == 10 and jobs["test_negatives"] == runs and jobs["negatives"] == 6
    else:
        assert jobs["enhance"] == 5 and "negatives" not in jobs
    if name in ("paper", "tbx11k", "rsna_small", "rsna512", "nih_lesions"):
        assert runs == 12 * 3


def test_folds_test_every_image_once(counts, tmp_path):
    lay_out(read("rsna_small"), tmp_path)
    jobs = counts(["rsna_small"], "folds=5", "seeds=[0]", target="table1")
    assert jobs["train_detector"] == jobs["test_detector"] == 12 * 5
    assert jobs["folds"] == 6
    assert "test_negatives" not in jobs


def test_a_learning_curve_trains_on_fewer_images(counts, plan, tmp_path):
    lay_out(read("nih_lesions"), tmp_path)
    jobs = counts(["nih_lesions"], target="learning_curve")
    assert (
        jobs["train_detector"] == jobs["test_detector"] == 4 * 2 * 3
    )  # three sizes and all, two variants, three seeds
    assert jobs["subset"] == 3 * 2 * 3 and jobs["enhance"] == jobs["learning_curve"] == 1
    run = "work_dirs/nih_lesions/faster_rcnn/color_cawe/seed1_n50"
    code, output = plan(["nih_lesions"], target=f"{run}/test/predictions.bbox.json", flags=("-p",))
    assert code == 0
    subset = "work_dirs/nih_lesions/subsets/color_cawe/seed1_n50.json"
    images = "datasets/nih_lesions/detection_color_cawe"
    assert f"take_subset.py {images}/lesions_train.json --size 50 --seed 1 --out {subset}" in output
    (train,) = re.findall(rf"train_stage.py .*--work-dir {run} .*;", output)
    assert f"train_dataloader.dataset.ann_file={ROOT / subset} val" in train and "max_epochs=60" in train
    more = counts(["nih_lesions"], "learning_curve={variants: [raw, afda], sizes: {7: a=1}}", target="learning_curve")
    assert more["subset"] == 4 * 2 * 3 and "train_part" not in more  # a size more, other variants


def test_ablations_change_one_choice_at_a_time(counts, tmp_path):
    lay_out(read("tbx11k"), tmp_path)
    jobs = counts(["tbx11k", ABLATIONS], "seeds=[0]", target="ablations")
    ablations = read(ABLATIONS)
    variants = {variant for variants in ablations["ablations"].values() for variant in variants}
    assert set(ablations["enhancers"]) <= variants
    assert jobs["train_detector"] == len(variants)
    assert jobs["train_part"] == 3  # the classifier within the data set too


def test_a_fixed_colormap_waits_for_no_training(counts, tmp_path):
    lay_out(read("tbx11k"), tmp_path)
    jobs = {
        variant: counts(["tbx11k"], target=f"work_dirs/tbx11k/enhanced/detection_{variant}.done")
        for variant in ("jet", "color")
    }
    assert jobs["jet"] == {"enhance": 1, "total": 1}
    assert jobs["color"]["train_part"] == 1


def test_a_cluster_plans_the_same(counts, tmp_path):
    lay_out(read("paper"), tmp_path)
    jobs = counts(["paper"], target="table1", flags=("--workflow-profile", str(ROOT / "profiles/slurm")))
    assert jobs["train_detector"] == 36
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    assert profile["executor"] == "slurm"
    assert {*profile["set-threads"], *profile["set-resources"]} <= set(jobs) | {"test_negatives"}


def test_missing_data_is_one_error_that_helps(plan, tmp_path):
    code, output = plan(["paper"], target="table1")
    assert code != 0
    for word in ("CheXpert", "ImageNet", "RSNA", "Where to get it", "stage_2_train_labels.csv", str(tmp_path)):
        assert word in output
    assert output.count("WorkflowError") == 1
    code, output = plan(["tbx11k"])
    assert code != 0 and "annotations_train.json" in output
    assert "TBX11K" in output


@pytest.mark.parametrize(
    ("name", "options", "target", "message"),
    [
        ("rsna_small", ["folds=1"], "table1", "0 or at least 2 folds"),
        ("rsna_small", ["seeds=[1,1]"], "table1", "different seeds"),
        ("rsna_small", ["folds=3"], "report", "ask for the target table1"),
        ("head_ct", ["folds=3"], "table1", "labels of images that the folds test"),
        ("rsna_small", [], "learning_curve", "add learning_curve, as configs/workflow/nih_lesions.yaml has"),
        ("nih_lesions", ["folds=3"], "learning_curve", "give folds=0"),
        ("nih_lesions", ["learning_curve={sizes: {0: a}}"], "table1", "give different variants and sizes"),
        ("rsna_small", [], "ablations", "add configs/workflow/ablations.yaml"),
    ],
)
def test_what_would_go_wrong_later_is_said_at_once(name, options, target, message, plan, tmp_path):
    lay_out(read(name), tmp_path)
    code, output = plan([name], *options, target=target)
    assert code != 0
    assert message in output


def test_a_number_of_seeds_and_no_lesion_free_images(counts, tmp_path):
    lay_out(read("rsna_small"), tmp_path)
    (tmp_path / "negatives/annotations_train.json").unlink()
    jobs = counts(["rsna_small"], "seeds=2", "negatives=", target="table1")
    assert jobs["train_detector"] == 24 and jobs["enhance"] == 5 and "test_negatives" not in jobs


def test_without_networks_nothing_but_detectors_is_trained(counts, tmp_path):
    lay_out(read("tbx11k"), tmp_path)
    classical = counts(["tbx11k"], "variants=[raw,afda]", target="report")
    assert classical == dict(
        enhance=1, examples=1, leaks=1, recipe=1, report=1, test_detector=4, train_detector=4, total=13
    )
    raw = counts(["tbx11k"], "variants=[raw]", target="report")
    assert raw == dict(leaks=1, report=1, test_detector=2, train_detector=2, total=6)


def test_the_examples_wait_for_a_gpu_where_they_compute_with_networks(plan, tmp_path):
    lay_out(read("tbx11k"), tmp_path)
    for variants, start in (("[raw,color_cawe]", "python tools/workflow/on_free_gpu.py "), ("[raw,afda]", "")):
        code, output = plan(["tbx11k"], f"variants={variants}", flags=("-p",))
        assert code == 0
        (command,) = re.findall(r"^Shell command: *(.*show_enhancement.*)$", output, re.MULTILINE)
        assert command.startswith(f"{start}python tools/workflow/show_enhancement.py work_dirs/tbx11k/recipe.py ")


def test_phases_start_from_one_another(plan, tmp_path):
    lay_out(read("rsna_small"), tmp_path)
    code, output = plan(["rsna_small"], target="work_dirs/rsna_small/colorizer/weights.pth", flags=("-p",))
    assert code == 0
    line = next(line for line in output.splitlines() if "critic_small.py" in line)
    stage = r"train_stage.py configs/colorize_gan/(\w+).py --work-dir (\S+) --inputs (\S+) -- (.*?);"
    trained = re.findall(stage, line)
    assert [name for name, *_ in trained] == ["generator_small", "critic_small", "joint_small"]
    folders = [folder for _, folder, *_ in trained]
    assert folders == [f"work_dirs/rsna_small/colorizer/{name}" for name, *_ in trained]
    assert [inputs for *_, inputs, _ in trained] == [
        "datasets/rsna_small/color/train.json",
        *(f"{folder}/last_checkpoint" for folder in folders[:2]),
    ]
    starts = [re.findall(r"load_from='(.*)'", options) for *_, options in trained]
    assert starts == [[], [f"{folders[0]}/best_*.pth"], [f"{folders[1]}/best_*.pth"]]
    assert f"best=$(echo {folders[2]}/best_*.pth); ln -f $best work_dirs/rsna_small/colorizer/weights.pth" in line
    assert "find work_dirs/rsna_small/colorizer -name 'epoch_*.pth' -delete" in line


def test_lesion_free_images_are_named_so(plan, tmp_path):
    lay_out(read("tbx11k"), tmp_path)
    run = "work_dirs/tbx11k/retinanet/raw/seed0"
    for folder, options in (("", run), ("negatives/", f"{run}/negatives --lesion-free")):
        code, output = plan(["tbx11k"], target=f"{run}/{folder}test/predictions.bbox.json", flags=("-p",))
        assert code == 0
        (command,) = re.findall(r"tools/test.py (.*) --cfg-options", output)
        assert command.split() == f"configs/detect/retinanet_lite.py {run}/weights.pth --work-dir {options}".split()


def test_own_boxes_without_any_network(plan, tmp_path):
    """The workflow file of docs/own_data.md, whose enhanced images come from a color map."""
    (tmp_path / "EXPORT").mkdir()
    (tmp_path / "EXPORT/data.yaml").write_text("names: [a]\n")
    document = (ROOT / "docs/own_data.md").read_text(encoding="utf-8")
    file = tmp_path / "mine.yaml"
    file.write_text(document.partition("```yaml\n")[2].partition("```")[0])
    code, output = plan([str(file).removesuffix(".yaml")])
    assert code == 0, output
    assert "Traceback" not in output and "KeyError" not in output
    assert re.search(r"^train_detector +2$", output, re.MULTILINE)
