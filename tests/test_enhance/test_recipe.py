"""Recipes: resolved, built, saved, moved."""

import shutil

import numpy as np
import pytest
import torch
from mmengine.registry import MODELS

from enhance.recipe import build_enhancer, fingerprint, load_recipe, save_recipe

MODEL = """
model = dict(type="AttentionClassifier", backbone=dict(model_name="resnet10t", pretrained=True, in_chans=1), mean=[0.5],
             std=[0.2], label_names=["No Finding", "Lesion"], input_size=32)
custom_imports = dict(imports=["colorize_gan.color"])
"""
RECIPE = """
enhancer = dict(type="Enhancer", alpha=0.25, attention=dict(type="CAWE"),
                classifier=dict(config="{0}/model.py", checkpoint="{0}/epoch_1.pth"))
"""
IMAGE = np.random.default_rng(0).integers(0, 256, (40, 30), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    """A recipe that names a training config and a training checkpoint with more in it than inference needs."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "recipe.py").write_text(RECIPE.format(tmp_path))
    backbone = dict(model_name="resnet10t", pretrained=False, in_chans=1)
    model = MODELS.build(
        dict(
            type="AttentionClassifier", backbone=backbone, mean=[0.5], std=[0.2], label_names=["a", "b"], input_size=32
        )
    )
    torch.save(
        dict(state_dict=model.state_dict() | {"discriminator.w": torch.ones(1)}, meta={}), tmp_path / "epoch_1.pth"
    )
    return tmp_path


def test_a_pair_becomes_the_model_without_downloads(folder):
    recipe = load_recipe(folder / "recipe.py")
    assert recipe.enhancer.classifier.type == "AttentionClassifier"
    assert recipe.enhancer.classifier.backbone.pretrained is False
    assert recipe.checkpoints.classifier == str(folder / "epoch_1.pth")
    assert set(recipe.custom_imports.imports) == {"enhance", "colorize_gan.color"}


def test_further_keys_of_a_pair_change_the_model(folder):
    recipe = load_recipe(folder / "recipe.py", {"enhancer.classifier.input_size": 16})
    assert recipe.enhancer.classifier.input_size == 16
    assert not {"config", "checkpoint"} & set(recipe.enhancer.classifier)


def test_the_saved_recipe_gives_the_same_images_elsewhere(folder, tmp_path_factory):
    recipe = load_recipe(folder / "recipe.py")
    (expected,) = build_enhancer(recipe)([IMAGE])
    save_recipe(recipe, folder / "saved", copy_weights=True)
    moved = tmp_path_factory.mktemp("elsewhere") / "moved"
    shutil.move(folder / "saved", moved)
    shutil.rmtree(folder)
    again = load_recipe(moved / "recipe.py")
    (image,) = build_enhancer(again)([IMAGE])
    assert np.array_equal(image, expected)
    assert image.std() > 0


def test_weights_of_a_saved_recipe_can_be_exchanged(folder):
    save_recipe(load_recipe(folder / "recipe.py"), folder / "saved", copy_weights=True)
    again = load_recipe(folder / "saved/recipe.py", {"enhancer.classifier.checkpoint": str(folder / "epoch_1.pth")})
    assert again.checkpoints.classifier == str(folder / "epoch_1.pth")
    build_enhancer(again)


def test_saving_without_weights_names_them_where_they_lie(folder):
    recipe = load_recipe(folder / "recipe.py")
    again = load_recipe(save_recipe(recipe, folder / "data_set"))
    assert again.checkpoints.classifier == str(folder / "epoch_1.pth")
    assert fingerprint(again) == fingerprint(recipe)


def test_fingerprint_knows_weights_and_values(folder):
    first = fingerprint(load_recipe(folder / "recipe.py"))
    assert fingerprint(load_recipe(folder / "recipe.py", {"enhancer.alpha": 0.5})) != first
    with (folder / "epoch_1.pth").open("ab") as stream:
        stream.write(b"0")
    assert fingerprint(load_recipe(folder / "recipe.py")) != first


def test_clear_errors(folder):
    with pytest.raises(FileNotFoundError, match="configs/enhance"):
        load_recipe(folder / "none.py")
    with pytest.raises(ValueError, match="no recipe"):
        load_recipe(folder / "model.py")
    with pytest.raises(FileNotFoundError, match="enhancer.classifier.checkpoint"):
        load_recipe(folder / "recipe.py", {"enhancer.classifier.checkpoint": "none.pth"})
    with pytest.raises(ValueError, match="has no weights"):
        (folder / "bare.py").write_text(RECIPE.format(folder).replace(f', checkpoint="{folder}/epoch_1.pth"', ""))
        load_recipe(folder / "bare.py")
    other = load_recipe(folder / "recipe.py")
    other.enhancer.classifier.backbone.in_chans = 3
    with pytest.raises(ValueError, match="epoch_1.pth does not fit the classifier"):
        build_enhancer(other)
    torch.save(dict(state_dict={}), folder / "empty.pth")
    recipe = load_recipe(folder / "recipe.py", {"enhancer.classifier.checkpoint": str(folder / "empty.pth")})
    with pytest.raises(ValueError, match="empty.pth does not fit the classifier"):
        build_enhancer(recipe)
