"""Attention methods side by side, from a config file."""

import pytest
import torch

from enhance.classifier.model import AttentionClassifier
from enhance.method_set import load_method_set

METHODS = {"CAWE": dict(type="CAWE"), "CAM": dict(type="CAM"), "Grad": dict(type="GradCAM")}


@pytest.fixture
def config(tmp_path):
    """Writes a recipe with the test network, and returns its path."""

    def write(model_name="test_resnet", activation="sigmoid", methods=METHODS, own="CRM", **keys):
        torch.manual_seed(0)
        options = dict(
            backbone=dict(model_name=model_name, in_chans=1),
            label_names=["a", "b"],
            input_size=32,
            activation=activation,
            mean=[0.5],
            std=[0.25],
        )
        torch.save(AttentionClassifier(**options).state_dict(), tmp_path / "classifier.pth")
        enhancer = dict(
            type="Enhancer", attention=dict(type=own), classifier=dict(type="AttentionClassifier", **options)
        )
        keys |= dict(enhancer=enhancer, checkpoints=dict(classifier="classifier.pth"))
        if methods:
            keys["methods"] = methods
        path = tmp_path / "config.py"
        path.write_text("".join(f"{key} = {value!r}\n" for key, value in keys.items()))
        return path

    return write


def test_the_methods_share_the_trained_classifier(config):
    path = config(evaluation=dict(data_root="here"))
    method_set = load_method_set(path)
    assert list(method_set.methods) == ["CAWE", "CAM", "Grad"]
    assert all(method.classifier is method_set.classifier for method in method_set.methods.values())
    saved = torch.load(path.parent / "classifier.pth")
    assert all(torch.equal(saved[name], value) for name, value in method_set.classifier.state_dict().items())
    assert not method_set.classifier.training
    assert method_set.evaluation == {"data_root": "here"}
    assert method_set.left_out == {}


def test_classes_go_to_the_methods_that_know_them(config):
    method_set = load_method_set(config())
    images, targets = torch.rand(2, 1, 32, 32), torch.tensor([1, 0])
    cam = method_set.methods["CAM"]
    assert torch.equal(method_set.coarse_maps("CAM", images, targets), cam.coarse_maps(images, targets))
    assert not torch.equal(method_set.coarse_maps("CAM", images, 1 - targets), cam.coarse_maps(images, targets))
    cawe = method_set.methods["CAWE"].coarse_maps(images)
    assert torch.equal(method_set.coarse_maps("CAWE", images, targets), cawe)


def test_a_recipe_alone_is_compared_by_its_own_method(config):
    assert list(load_method_set(config(methods=None)).methods) == ["CRM"]


def test_a_method_that_does_not_fit_is_named(config):
    softmax = load_method_set(config(activation="softmax", own="CAWE"))
    assert list(softmax.methods) == ["CAM", "Grad"]
    assert "softmax" in softmax.left_out["CAWE"]
    convolutional_head = load_method_set(config(model_name="mobilenetv3_small_050"))
    assert list(convolutional_head.methods) == ["CAWE", "Grad"]
    assert "GradCAM takes any head" in convolutional_head.left_out["CAM"]


def test_names_can_be_chosen_and_options_changed(config):
    path = config()
    assert list(load_method_set(path, only=["Grad", "CAM"]).methods) == ["Grad", "CAM"]
    assert load_method_set(path, {"methods.CAWE.threshold": 0.3}).methods["CAWE"].threshold == 0.3
    assert load_method_set(path, {"evaluation.seed": 3}).evaluation == {"seed": 3}


def test_errors_name_the_remedy(config, tmp_path):
    with pytest.raises(ValueError, match="no method LayerCAM; it has CAWE, CAM, Grad"):
        load_method_set(config(), only=["LayerCAM"])
    with pytest.raises(ValueError, match="no method goes with this classifier"):
        load_method_set(config(activation="softmax"), only=["CAWE"])
    with pytest.raises(ValueError, match=r"methods\['CAM'\] cannot be built: .*Camm"):
        load_method_set(config(), {"methods.CAM.type": "Camm"})
    with pytest.raises(ValueError, match=r"methods\['CAWE'\] cannot be built: .*thresh"):
        load_method_set(config(), {"methods.CAWE.thresh": 0.3})
    gray = tmp_path / "gray.py"
    gray.write_text('enhancer = dict(type="Enhancer")\n')
    with pytest.raises(ValueError, match="no classifier; base it on configs/enhance/attention.py"):
        load_method_set(gray)
