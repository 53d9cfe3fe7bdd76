"""Recipes: resolved, built, saved, moved."""

import hashlib
import shutil
import struct

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from torch import nn

from enhance.recipe import (
    build_classifier,
    build_enhancer,
    fingerprint,
    load_colorizer,
    load_recipe,
    save_recipe,
    weights_hash,
)

MODEL = """
model = dict(type="AttentionClassifier", backbone=dict(model_name="resnet10t", weights="imagenet", in_chans=1),
             mean=[0.5],
             std=[0.2], label_names=["No Finding", "Lesion"], input_size=32)
custom_imports = dict(imports=["colorize_gan.color"])
"""
RECIPE = """
enhancer = dict(type="Enhancer", alpha=0.25, attention=dict(type="CAWE"),
                classifier=dict(config="{0}/model.py", checkpoint="{0}/epoch_1.pth"))
"""
COLOR_RECIPE = """
enhancer = dict(type="Enhancer", attention=dict(type="CAWE"),
                classifier=dict(config="none.py", checkpoint="none.pth"),
                colorizer=dict(config="{0}/color_model.py", checkpoint="{0}/tint.pth"))
"""
IMAGE = np.random.default_rng(0).integers(0, 256, (40, 30), dtype=np.uint8)


@MODELS.register_module()
class RecipeTint(nn.Module):
    """A colorizer with one weight: red is the gray image times it, green half the gray image, blue `blue`."""

    def __init__(self, blue=0.0, discriminator=None, encoder=None):
        super().__init__()
        assert discriminator is None and not (encoder and encoder["weights"]), "made for inference"
        self.red, self.blue = nn.Parameter(torch.zeros(())), blue

    @staticmethod
    def for_inference(config):
        return {key: value for key, value in config.items() if key not in ("discriminator", "encoder")}

    def colorize(self, gray):
        return torch.cat([gray * self.red, gray / 2, gray * 0 + self.blue], 1)


@MODELS.register_module()
class RecipeInvert(nn.Module):
    """A colorizer without weights."""

    def colorize(self, gray):
        return (1 - gray).expand(-1, 3, -1, -1)


@pytest.fixture
def tint(tmp_path):
    """The training config of a colorizer, its checkpoint (red is 0.5), and a recipe whose classifier does not exist."""
    training = dict(type="RecipeTint", blue=0.2, discriminator=dict(type="D"), encoder=dict(weights="imagenet"))
    imports = "custom_imports = dict(imports=['training.resume', 'colorize_gan.color'])\n"
    imports += "inference_imports = ['colorize_gan.color']"
    (tmp_path / "color_model.py").write_text(f"model = {training!r}\n{imports}")
    torch.save(dict(state_dict=dict(red=torch.tensor(0.5))), tmp_path / "tint.pth")
    (tmp_path / "own.py").write_text(COLOR_RECIPE.format(tmp_path))
    return tmp_path


def colors(recipe):
    """What the enhancer of a recipe makes of white."""
    return build_enhancer(recipe)([np.full((2, 2), 255, np.uint8)])[0][0, 0].tolist()


@pytest.fixture
def folder(tmp_path):
    """A recipe that names a training config and a training checkpoint with more in it than inference needs."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "own.py").write_text(RECIPE.format(tmp_path))
    backbone = dict(model_name="resnet10t", in_chans=1)
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
    recipe = load_recipe(folder / "own.py")
    assert recipe.enhancer.classifier.type == "AttentionClassifier"
    assert "weights" not in recipe.enhancer.classifier.backbone
    assert recipe.checkpoints.classifier == str(folder / "epoch_1.pth")
    assert set(recipe.custom_imports.imports) == {"enhance.register", "colorize_gan.color"}


def test_further_keys_of_a_pair_change_the_model(folder):
    recipe = load_recipe(folder / "own.py", {"enhancer.classifier.input_size": 16})
    assert recipe.enhancer.classifier.input_size == 16
    assert not {"config", "checkpoint"} & set(recipe.enhancer.classifier)


def test_the_saved_recipe_gives_the_same_images_elsewhere(folder, tmp_path_factory):
    recipe = load_recipe(folder / "own.py")
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
    save_recipe(load_recipe(folder / "own.py"), folder / "saved", copy_weights=True)
    again = load_recipe(folder / "saved/recipe.py", {"enhancer.classifier.checkpoint": str(folder / "epoch_1.pth")})
    assert again.checkpoints.classifier == str(folder / "epoch_1.pth")
    build_enhancer(again)


def identity(recipe):
    return fingerprint(recipe, build_enhancer(recipe))


def test_saving_without_weights_names_them_where_they_lie(folder):
    recipe = load_recipe(folder / "own.py")
    again = load_recipe(save_recipe(recipe, folder / "data_set"))
    assert again.checkpoints.classifier == str(folder / "epoch_1.pth")
    assert identity(again) == identity(recipe)


def test_a_copy_that_is_given_away_is_the_same_enhancer(folder):
    recipe = load_recipe(folder / "own.py")
    again = load_recipe(save_recipe(recipe, folder / "given", copy_weights=True))
    assert again.checkpoints.classifier == str(folder / "given/classifier.safetensors")
    assert identity(again) == identity(recipe)


def test_fingerprint_knows_weights_and_values(folder):
    first = identity(load_recipe(folder / "own.py"))
    assert identity(load_recipe(folder / "own.py", {"enhancer.alpha": 0.5})) != first
    checkpoint = torch.load(folder / "epoch_1.pth", weights_only=False)
    torch.save(checkpoint | {"meta": {"saved": "again"}}, folder / "epoch_1.pth")
    assert identity(load_recipe(folder / "own.py")) == first
    next(iter(checkpoint["state_dict"].values())).view(-1)[0] += 1e-6
    torch.save(checkpoint, folder / "epoch_1.pth")
    assert identity(load_recipe(folder / "own.py")) != first


def test_the_hash_of_weights_by_hand():
    state = {"b": torch.tensor(3), "a": torch.tensor([[1.0, 2.0]])}
    text = b"a torch.float32 (1, 2)\n" + struct.pack("<2f", 1, 2) + b"b torch.int64 ()\n" + struct.pack("<q", 3)
    assert weights_hash(state) == hashlib.sha256(text).hexdigest()
    assert weights_hash({"a": torch.tensor([[1.0], [2.0]]), "b": state["b"]}) != weights_hash(state)


def test_clear_errors(folder):
    with pytest.raises(FileNotFoundError, match="none.py: no such config file"):
        load_recipe(folder / "none.py")
    with pytest.raises(ValueError, match="no recipe"):
        load_recipe(folder / "model.py")
    with pytest.raises(FileNotFoundError, match="enhancer.classifier.checkpoint"):
        load_recipe(folder / "own.py", {"enhancer.classifier.checkpoint": "none.pth"})
    (folder / "bare.py").write_text(RECIPE.format(folder).replace(f', checkpoint="{folder}/epoch_1.pth"', ""))
    for build in (build_enhancer, build_classifier):
        with pytest.raises(ValueError, match="classifier has no weights.*enhancer.classifier.checkpoint"):
            build(load_recipe(folder / "bare.py"))
    (folder / "text.pth").write_text("hello")
    with pytest.raises(ValueError, match="text.pth is damaged or no checkpoint"):
        build_enhancer(load_recipe(folder / "own.py", {"enhancer.classifier.checkpoint": f"{folder}/text.pth"}))
    other = load_recipe(folder / "own.py")
    other.enhancer.classifier.backbone.in_chans = 3
    with pytest.raises(ValueError, match="epoch_1.pth does not fit the classifier"):
        build_enhancer(other)
    torch.save(dict(state_dict={}), folder / "empty.pth")
    recipe = load_recipe(folder / "own.py", {"enhancer.classifier.checkpoint": str(folder / "empty.pth")})
    with pytest.raises(ValueError, match="empty.pth does not fit the classifier"):
        build_enhancer(recipe)


def test_a_part_without_weights_needs_no_file(tmp_path):
    (tmp_path / "invert.py").write_text("enhancer = dict(type='Enhancer', colorizer=dict(type='RecipeInvert'))")
    recipe = load_recipe(tmp_path / "invert.py")
    assert recipe.checkpoints == {} and identity(recipe)["enhancer"]["colorizer"] == dict(type="RecipeInvert")
    assert colors(recipe) == [0, 0, 0]
    again = load_recipe(save_recipe(recipe, tmp_path / "saved", copy_weights=True))
    assert identity(again) == identity(recipe)
    torch.save({}, tmp_path / "any.pth")
    with pytest.raises(ValueError, match="a RecipeInvert, which has no weights, but .*any.pth is given"):
        build_enhancer(
            load_recipe(tmp_path / "invert.py", {"enhancer.colorizer.checkpoint": str(tmp_path / "any.pth")})
        )
    (tmp_path / "tint.py").write_text("enhancer = dict(type='Enhancer', colorizer=dict(type='RecipeTint'))")
    with pytest.raises(ValueError, match="colorizer has no weights"):
        build_enhancer(load_recipe(tmp_path / "tint.py"))


def test_the_colorizer_of_a_recipe_comes_alone(tint):
    recipe = load_colorizer(tint / "own.py")
    assert set(recipe.checkpoints) == {"colorizer"}
    assert recipe.enhancer == dict(type="Enhancer", colorizer=recipe.enhancer.colorizer)
    assert recipe.custom_imports.imports == ["colorize_gan.color", "enhance.classical", "enhance.fusion"]
    assert colors(recipe) == [128, 128, 51]
    torch.save(dict(red=torch.tensor(1.0)), tint / "other.pth")
    assert colors(load_colorizer(tint / "own.py", checkpoint=tint / "other.pth", blue=1.0)) == [255, 128, 255]
    assert colors(load_colorizer(tint / "own.py", {"enhancer.colorizer.blue": 0.4})) == [128, 128, 102]


def test_the_colorizer_of_a_bundled_recipe_comes_alone(tint):
    save_recipe(load_colorizer(tint / "own.py"), tint / "bundle", copy_weights=True)
    bundle = tint / "bundle/recipe.py"
    recipe = Config.fromfile(bundle)
    recipe.checkpoints.classifier = "none.pth"
    recipe.dump(bundle)
    assert "none.pth" in bundle.read_text()
    assert colors(load_colorizer(bundle)) == [128, 128, 51]
    assert colors(load_colorizer(bundle, blue=1.0)) == [128, 128, 255]


def test_the_colorizer_of_a_training_config(tint):
    config = tint / "color_model.py"
    assert colors(load_colorizer(config, checkpoint=tint / "tint.pth")) == [128, 128, 51]
    assert colors(load_colorizer(config, {"model.blue": 0.4}, checkpoint=tint / "tint.pth")) == [128, 128, 102]
    assert load_colorizer(config, checkpoint=tint / "tint.pth").custom_imports.imports == [
        "colorize_gan.color",
        "enhance.classical",
        "enhance.fusion",
    ]
    with pytest.raises(ValueError, match="color_model.py is a training config.*--checkpoint"):
        load_colorizer(config)


def test_what_has_no_colorizer(folder):
    for text in ("enhancer = dict(type='Enhancer')", "x = 1"):
        (folder / "other.py").write_text(text)
        with pytest.raises(ValueError, match="other.py has no colorizer"):
            load_colorizer(folder / "other.py")
    with pytest.raises(FileNotFoundError, match="none.py: no such config file"):
        load_colorizer(folder / "none.py")
    with pytest.raises(ValueError, match="AttentionClassifier is no colorizer"):
        build_enhancer(load_colorizer(folder / "model.py", checkpoint=folder / "epoch_1.pth"))


def test_a_recipe_of_a_stranger_runs_no_config(folder):
    """A recipe.py is data; a config that it names would be a program."""
    (folder / "model.py").write_text(f"open('{folder}/ran', 'w')")
    (folder / "recipe.py").write_text(RECIPE.format(folder))
    with pytest.raises(ValueError, match="recipe.py: the classifier names a config to run"):
        load_recipe(folder / "recipe.py")
    assert not (folder / "ran").exists()


def test_whom_only_the_registry_knows(folder):
    saved = save_recipe(load_recipe(folder / "own.py"), folder / "saved", copy_weights=True)
    (image,) = MODELS.build(dict(type="enhancer_of_recipe", recipe=str(saved)))([IMAGE])
    assert np.array_equal(image, build_enhancer(load_recipe(saved))([IMAGE])[0])
