"""The configs of classifiers and recipes hang together."""

import pytest
from mmengine.config import Config
from mmengine.registry import MODELS

from data.readers import covid_radiography
from data.readers.chexpert import LABELS
from enhance import attention
from tests.paths import ROOT

FOLDER = ROOT / "configs/enhance"
PSEUDO_COLOR = ("jet", "bone", "viridis")
WITHOUT_ATTENTION = ("gray", "color", *PSEUDO_COLOR, "afda", "medga", "clahe", "gamma", "unsharp")
LABELS_OF = {
    "covid": set(covid_radiography.LABELS),
    "covid_regnet": set(covid_radiography.LABELS),
    "head_ct": {"Intraparenchymal", "Intraventricular", "Subarachnoid", "Subdural"},
    "tbx11k_boxes": {"ActiveTuberculosis", "ObsoletePulmonaryTuberculosis"},
}
CLASSIFIERS = sorted(FOLDER.glob("classifier_*.py"))
RECIPES = sorted(set(FOLDER.glob("*.py")) - set(FOLDER.glob("paper_*.py")) - set(CLASSIFIERS))


@pytest.mark.parametrize("path", CLASSIFIERS, ids=lambda path: path.stem)
def test_model_and_data_agree(path):
    cfg = Config.fromfile(path)
    known = LABELS_OF.get(path.stem.removeprefix("classifier_").removeprefix("half_"), set(LABELS))
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        assert loader.dataset.image_size == cfg.model.input_size
        assert loader.dataset.label_names == cfg.model.label_names
        assert set(cfg.model.label_names) <= known
    cfg.model.backbone.pretrained = False
    model = MODELS.build(cfg.model)
    assert model.linear_weight().shape[0] == len(cfg.model.label_names)


def test_the_papers_classifier():
    cfg = Config.fromfile(FOLDER / "classifier_paper.py")
    assert cfg.model.backbone == dict(model_name="resnet50", pretrained=True)
    assert cfg.model.label_names == list(LABELS)
    assert cfg.optim_wrapper.optimizer == dict(type="Adam")
    assert cfg.default_hooks.early_stopping.type == "ResumableEarlyStoppingHook"
    assert cfg.default_hooks.early_stopping.monitor == cfg.default_hooks.checkpoint.save_best


@pytest.mark.parametrize("path", CLASSIFIERS, ids=lambda path: path.stem)
def test_only_a_training_that_keeps_its_best_epoch_stops_early(path):
    hooks = Config.fromfile(path).default_hooks
    stops = "early_stopping" in hooks
    assert stops == ("demo" not in path.stem and "half" not in path.stem)
    assert not stops or hooks.early_stopping.monitor == hooks.checkpoint.save_best


def test_every_attention_method_is_compared_and_recipes_take_known_ones():
    known = {name for name in attention.__all__ if name[0].isupper()} - {"AttentionMethod", "ClassAttention"}
    own = [Config.fromfile(path).enhancer.get("attention", {}).get("type") for path in RECIPES]
    compared = [method.type for method in Config.fromfile(FOLDER / "attention.py").methods.values()]
    assert set(compared) == known
    assert set(own) - {None} <= known


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_hold_what_their_names_say(path):
    enhancer = Config.fromfile(path).enhancer
    assert ("classifier" in enhancer) == ("attention" in enhancer) == (path.stem not in WITHOUT_ATTENTION)
    assert ("colorizer" in enhancer) == ("color" in path.stem or path.stem in PSEUDO_COLOR)
    if path.stem in PSEUDO_COLOR:
        assert enhancer.colorizer == dict(type="PseudoColor", colormap=path.stem)
        return
    for part in ("classifier", "colorizer"):
        if part in enhancer:
            assert (FOLDER.parents[1] / enhancer[part].config).is_file()
