"""tools/workflow/bundle_recipe.py: a recipe and its weights in a folder that can be moved."""

import numpy as np
import pytest
import torch
from mmengine.registry import MODELS

import enhance.register  # noqa: F401  registers the classifier
from data.errors import MissingFileError
from enhance.recipe import build_enhancer, load_recipe
from tests.paths import ROOT
from tools.workflow import bundle_recipe

BACKBONE = dict(model_name="resnet10t", in_chans=1)
MODEL = dict(
    type="AttentionClassifier", backbone=BACKBONE, mean=[0.5], std=[0.2], label_names=["Lesion"], input_size=64
)
RECIPE = str(ROOT / "configs/enhance/cawe.py")


@pytest.fixture
def options(tmp_path) -> list[str]:
    """The options that fill the recipe with a trained-looking classifier."""
    (tmp_path / "model.py").write_text(f"model = {MODEL!r}")
    torch.save(dict(state_dict=MODELS.build(MODEL).state_dict()), tmp_path / "epoch_1.pth")
    part = "enhancer.classifier"
    return ["--cfg-options", f"{part}.config={tmp_path}/model.py", f"{part}.checkpoint={tmp_path}/epoch_1.pth"]


def test_the_bundle_enhances_alike_from_another_place(tmp_path, options, capsys):
    bundle_recipe.main([RECIPE, str(tmp_path / "bundle"), *options])
    assert capsys.readouterr().out == f"{tmp_path}/bundle/recipe.py\n"
    assert sorted(path.name for path in (tmp_path / "bundle").iterdir()) == ["classifier.safetensors", "recipe.py"]
    assert str(tmp_path) not in (tmp_path / "bundle/recipe.py").read_text()
    (tmp_path / "bundle").rename(tmp_path / "moved")
    overrides = dict(option.split("=", 1) for option in options[1:])
    image = np.random.default_rng(0).integers(0, 256, (50, 60), dtype=np.uint8)
    (first,), (again,) = (
        build_enhancer(recipe)([image])
        for recipe in (load_recipe(RECIPE, overrides), load_recipe(tmp_path / "moved/recipe.py"))
    )
    assert np.array_equal(first, again)


def test_weights_that_are_missing_are_named(tmp_path, options):
    (tmp_path / "epoch_1.pth").unlink()
    with pytest.raises(MissingFileError, match=r"the classifier's checkpoint .*epoch_1\.pth does not exist"):
        bundle_recipe.main([RECIPE, str(tmp_path / "bundle"), *options])
    assert not (tmp_path / "bundle").exists()
