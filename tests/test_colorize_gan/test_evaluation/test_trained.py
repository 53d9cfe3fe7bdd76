"""A colorizer from its checkpoint alone."""

import pytest
import torch
from mmengine.registry import MODELS

from colorize_gan.evaluation.trained import load_trained
from data.errors import UserError

PHI = {"type": "FeatureExtractor", "name": "resnet18", "weights": "random", "out_indices": (0,)}
MODEL = {"type": "ColorizationGAN", "generator": {"type": "UNetGenerator", "encoder": "resnet18"}}
CONFIG = f"model = {MODEL | {'feature_extractor': {'type': 'Gone'}}!r}\ncustom_imports = dict(imports=['gone.module'])"


def test_the_config_inside_is_built_with_the_given_features(tmp_path):
    torch.manual_seed(1)
    weights = MODELS.build(MODEL).state_dict()
    torch.save({"state_dict": weights, "meta": {"cfg": CONFIG}}, tmp_path / "a.pth")
    model = load_trained(tmp_path / "a.pth", PHI)
    assert model.feature_extractor.name == "resnet18"
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in weights.items())


def test_what_is_no_checkpoint_of_ours_is_named(tmp_path):
    torch.save({"state_dict": {}}, tmp_path / "bare.pth")
    with pytest.raises(UserError, match=r"bare\.pth: no config inside"):
        load_trained(tmp_path / "bare.pth", PHI)
    torch.save({"state_dict": {}, "meta": {"cfg": CONFIG}}, tmp_path / "empty.pth")
    with pytest.raises(UserError, match=r"empty\.pth does not fit the config inside it"):
        load_trained(tmp_path / "empty.pth", PHI)
