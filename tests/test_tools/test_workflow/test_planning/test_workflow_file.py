"""tools/workflow/planning/workflow_file.py: what a workflow file may say, and what it is told otherwise."""

from pathlib import Path

import pytest

from data.errors import UserError
from data.readers.catalog import READERS
from tests.test_tools.test_workflow.workflow_cases import CURVE, toy
from tools.workflow.planning.workflow_file import LearningCurve, read_workflow


def test_what_is_not_said_has_a_default():
    file = read_workflow(toy())
    assert (file.name, file.about, file.data_root) == ("toy", "Toy", Path("/downloads"))
    assert list(file.sets) == ["classification", "color", "detection"]
    assert list(file.networks) == ["classifier", "colorizer"]
    assert (file.seeds, file.folds, file.jobs_per_gpu) == ([0], 0, 1)
    assert (file.enhancers, file.ablations, file.phantom, file.published) == ({}, {}, None, None)
    assert file.learning_curve is None


def test_a_data_set_counts_if_something_is_made_of_it():
    labels = {"reader": "box_labels", "source": "rsna"}
    assert "labels_intra" not in read_workflow(toy(labels_intra=labels)).sets
    intra = {"config": "configs/enhance/classifier_demo.py", "data": "labels_intra"}
    file = read_workflow(toy(labels_intra=labels, classifier_intra=intra, negatives={"source": "negatives"}))
    assert list(file.sets) == ["classification", "color", "detection", "labels_intra", "negatives"]
    assert list(file.networks) == ["classifier", "colorizer", "classifier_intra"]


@pytest.mark.parametrize("nothing", ["", None, {}])
def test_an_empty_set_of_negatives_is_none(nothing):
    assert "negatives" not in read_workflow(toy() | {"negatives": nothing}).sets


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_may_be_named(reader):
    assert read_workflow(toy(detection={"reader": reader, "source": "mine"})).sets["detection"]["reader"] == reader


@pytest.mark.parametrize(
    ("seeds", "read"), [(2, [0, 1]), ([3, 1], [3, 1]), (["0"], [0]), (["7", "5"], [7, 5])], ids=str
)
def test_seeds_are_a_list_or_their_number(seeds, read):
    assert read_workflow(toy(seeds=seeds)).seeds == read


@pytest.mark.parametrize(
    "changes",
    [
        *({"seeds": seeds} for seeds in (0, [], [1, 1], ["1", "01"], [1.5], "a", ["a"], {"a": 1})),
        *({"folds": folds} for folds in (1, -2, "5", [2])),
    ],
    ids=str,
)
def test_wrong_seeds_and_folds(changes):
    with pytest.raises(UserError, match="different seeds .* 0 or at least 2 folds"):
        read_workflow(toy(**changes))


@pytest.mark.parametrize("sizes", [CURVE["sizes"], {"100": "", "50": "train_cfg.max_epochs=60"}], ids=str)
def test_sizes_of_a_learning_curve_rise_and_may_be_texts(sizes):
    curve = read_workflow(toy(learning_curve={"variants": ["raw", "cawe"], "sizes": sizes})).learning_curve
    assert curve == LearningCurve(["raw", "cawe"], {50: "train_cfg.max_epochs=60", 100: ""})
    assert list(curve.sizes) == [50, 100]


@pytest.mark.parametrize(
    "curve",
    [
        "50",
        [50, 100],
        {"variants": ["raw"]},
        {"sizes": {50: ""}},
        CURVE | {"folds": 3},
        *(CURVE | {"variants": variants} for variants in ("raw", [], ["raw", "raw"], [1])),
        *(CURVE | {"sizes": sizes} for sizes in ({}, 50, [50], {0: ""}, {-5: ""}, {"a": ""}, {5.5: ""}, {True: ""})),
        *(CURVE | {"sizes": sizes} for sizes in ({50: "", "50": ""}, {50: 60}, {50: ["a=1"]})),
    ],
    ids=str,
)
def test_wrong_learning_curves(curve):
    with pytest.raises(UserError, match=r"learning_curve is .*: give different variants and sizes"):
        read_workflow(toy(learning_curve=curve))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": None}, "Say which workflow: --configfile configs/workflow/"),
        ({"about": None, "detectors": None}, "toy lacks about, detectors; see"),
        ({"variants": "raw"}, r"variants is 'raw': give a list"),
        ({"color": None}, "colorizer is trained on color, but the workflow file has no such data set"),
        ({"classifier": {"config": "a.py"}}, "classifier lacks data"),
        ({"detection": {"reader": "rsna"}}, "detection has no source"),
        ({"detection": {"reader": "pixels", "source": "a"}}, "no reader pixels; there are coco, yolo, "),
        ({"enhancers": {"a": {"of": "b"}, "b": {"of": "c"}}}, "a is .* names a variant without `of`"),
        ({"enhancers": {"a": {"of": "b", "recipe": "b.py"}}}, "a is .* `of` takes the place of `recipe`"),
        ({"data_root": "/my data"}, r"data_root is /my data, which has ' '.*link the folder"),
        ({"data_root": "/a (old)"}, r"which has ' '"),
        ({"data_root": "/r&d"}, "which has '&'"),
        ({"data_root": "/it's"}, 'which has "\'"'),
        ({"data_root": "/a;touch b"}, "which has ';'"),
        ({"data_root": "/$HOME"}, r"which has '\$'"),
        ({"data_root": "/{input}"}, "which has '{'"),
        ({"name": "../mine"}, r"name is ../mine: .*letters, digits"),
        ({"name": "a b"}, "name is a b: .*letters, digits"),
        ({"detection": {"source": "a b"}}, "source of detection is a b, which has ' '"),
        ({"detection": {"source": "a", "test": "x;y.json"}}, "test of detection is x;y.json, which has ';'"),
        ({"classifier": {"config": "a.py", "weights": "my weights.pth"}}, "weights of classifier is my weights.pth"),
        ({"detectors": {"faster rcnn": {"config": "a.py"}}}, "detector is faster rcnn: .*letters, digits"),
    ],
)
def test_what_is_missing_or_wrong_is_said(changes, message):
    with pytest.raises(UserError, match=message):
        read_workflow(toy(**changes))


def test_the_data_root_is_spelled_alike_from_everywhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    spellings = ["data", "./data", "~/data", f"{tmp_path}/other/../data"]
    assert {read_workflow(toy(data_root=root)).data_root for root in spellings} == {tmp_path / "data"}


@pytest.mark.parametrize("root", ["/data/2024", "/röntgen/データ", "/a,b", "/" + "long/" * 60 + "x", 2024])
def test_unusual_names_that_a_shell_reads_as_they_are(root):
    assert read_workflow(toy(data_root=root)).data_root == Path(str(root)).absolute()


def test_a_link_to_a_folder_with_a_space_will_do(monkeypatch, tmp_path):
    (tmp_path / "my data").mkdir()
    (tmp_path / "data").symlink_to("my data")
    assert read_workflow(toy(data_root=tmp_path / "data")).data_root == tmp_path / "data"


def test_the_working_folder_is_plain_too(monkeypatch, tmp_path):
    (tmp_path / "my work").mkdir()
    monkeypatch.chdir(tmp_path / "my work")
    with pytest.raises(UserError, match="the project's folder is .*my work, which has ' '.*: rename it"):
        read_workflow(toy())
