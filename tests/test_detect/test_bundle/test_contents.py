"""What the configs of a bundle may say: values, and modules of this project."""

import pytest
from mmengine.config import Config

from data.errors import UserError
from detect.bundle.contents import check_recipe, detector_config, read_data, recipe_file

PIPELINE = [
    dict(type="LoadLesionImage"),
    dict(type="Resize", scale=(64, 64)),
    dict(type="LoadAnnotations", with_bbox=True),
    dict(type="PackDetInputs"),
]


def trained(**changes):
    keys = dict(
        custom_imports=dict(imports=["detect.register"]),
        model=dict(type="FasterRCNN", train_cfg=dict(rpn=None), test_cfg=dict(rpn=dict(max_per_img=3))),
        test_dataloader=dict(dataset=dict(pipeline=PIPELINE)),
        optim_wrapper=dict(type="OptimWrapper"),
    )
    return Config({**keys, **changes})


def test_what_of_a_training_a_prediction_needs(tmp_path):
    config = detector_config(trained())
    assert config.to_dict() == {
        "custom_imports": {"imports": ["detect.register"]},
        "model": {"type": "FasterRCNN", "train_cfg": None, "test_cfg": {"rpn": {"max_per_img": 3}}},
        "test_pipeline": [PIPELINE[1], PIPELINE[3]],
    }
    (tmp_path / "detector.py").write_text(config.pretty_text)
    assert read_data(tmp_path / "detector.py") == config.to_dict()  # a scale stays a tuple, which mmcv asks for


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import os\nos.system('touch ran')", "holds more than values"),
        ("model = __import__('os').system('touch ran')", "holds more than values"),
        ("_base_ = 'other.py'", "holds more than values"),
        ("model = dict(type='subprocess.Popen', args=['touch', 'ran'])", "type='subprocess.Popen'"),
        ("custom_imports = dict(imports=['antigravity'])", "imports antigravity, which is not of this project"),
        ("custom_imports = dict(imports=['detect.register', 'os.path'])", "imports os.path"),
    ],
)
def test_a_stranger_runs_nothing(tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "detector.py").write_text(text)
    with pytest.raises(UserError, match=message):
        read_data(tmp_path / "detector.py")
    assert not (tmp_path / "ran").exists()


def test_the_makers_own_modules_are_refused_when_it_is_made():
    with pytest.raises(UserError, match="the detector's config imports my_heads.yolo"):
        detector_config(trained(custom_imports=dict(imports=["my_heads.yolo"])))


def test_the_weights_of_a_recipe_are_in_the_bundle(tmp_path):
    (tmp_path / "recipe.py").write_text(
        "enhancer = dict(type='Enhancer')\ncheckpoints = dict(classifier='c.safetensors')"
    )
    assert check_recipe(tmp_path, {"c.safetensors": "0"}) == tmp_path / "recipe.py"
    with pytest.raises(UserError, match="the weights of the classifier, c.safetensors, are not in the bundle"):
        check_recipe(tmp_path, {})


def test_a_path_that_is_no_bundle_is_a_recipe(tmp_path, bundled):
    with recipe_file("configs/enhance/gray.py") as file:
        assert str(file) == "configs/enhance/gray.py"
    with recipe_file(bundled / "bundle") as file:
        assert file == bundled / "bundle/recipe.py"
