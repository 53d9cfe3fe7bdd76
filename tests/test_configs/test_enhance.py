"""The configs of classifiers and recipes hang together."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DATASETS, MODELS

from data.atomic import write_json
from data.coco import ImageRecord, records_to_coco
from data.images.image_io import write_image
from data.readers import covid_radiography
from data.readers.chexpert import LABELS
from enhance import attention
from tests.paths import ROOT

FOLDER = ROOT / "configs/enhance"
NIH_LABELS = (
    "No Finding", "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia",
    "Pneumothorax", "Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia",
)  # fmt: skip
"""`No Finding` and the 14 findings of NIH ChestX-ray14."""
PSEUDO_COLOR = ("jet", "bone", "viridis")
WITHOUT_ATTENTION = ("gray", "color", *PSEUDO_COLOR, "afda", "medga", "clahe", "gamma", "unsharp")
LABELS_OF = {
    "lite_nih": set(NIH_LABELS),
    "covid": set(covid_radiography.LABELS),
    "covid_regnet": set(covid_radiography.LABELS),
    "head_ct": {"Intraparenchymal", "Intraventricular", "Subarachnoid", "Subdural"},
    "tbx11k_boxes": {"ActiveTuberculosis", "ObsoletePulmonaryTuberculosis"},
}
POLICY_CONFIGS = [f"classifier_paper_{policy}" for policy in ("multiclass", "smooth", "self_trained")]
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
    cfg.model.backbone.pop("weights", None)
    model = MODELS.build(cfg.model)
    states = 3 if cfg.model.get("three_state") else 1
    assert model.network.get_classifier().out_features == states * len(cfg.model.label_names)
    assert (model.linear_weight() is None) == (cfg.model.get("pooling") == "pcam")


def test_the_papers_classifier():
    cfg = Config.fromfile(FOLDER / "classifier_paper.py")
    assert cfg.model.backbone == dict(model_name="resnet50", weights="imagenet")
    assert cfg.model.label_names == list(LABELS)
    assert cfg.optim_wrapper.optimizer == dict(type="Adam")
    assert cfg.default_hooks.early_stopping.type == "ResumableEarlyStoppingHook"
    assert cfg.default_hooks.early_stopping.monitor == cfg.default_hooks.checkpoint.save_best


@pytest.mark.parametrize("path", CLASSIFIERS, ids=lambda path: path.stem)
def test_only_a_training_that_keeps_its_best_epoch_stops_early(path):
    hooks = Config.fromfile(path).default_hooks
    stops = "early_stopping" in hooks
    assert stops == ("half" not in path.stem)
    assert not stops or hooks.early_stopping.monitor == hooks.checkpoint.save_best


def write_uncertain_set(cfg: Config, folder: Path) -> None:
    """Two images, each label uncertain on one of them and 1, 0 or blank on the other, and a first model's predictions.

    The config is pointed at them and made small.
    """
    count = len(LABELS)
    known = [(1, 0, None)[i % 3] for i in range(count)]
    rows = [[-1 if i % 2 == image else known[i] for i in range(count)] for image in range(2)]
    records = []
    for image, labels in enumerate(rows):
        write_image(folder / f"images/{image}.png", np.full((40, 30), 100 * image, np.uint8))
        records.append(ImageRecord(Path("x"), f"images/{image}.png", 30, 40, f"p{image}", labels=labels))
    write_json(folder / "train.json", records_to_coco(records, [], LABELS))
    np.save(folder / "predictions.npy", np.linspace(0.1, 0.9, 2 * count).reshape(2, count))
    cfg.train_dataloader.dataset.update(data_root=str(folder), image_size=32)
    if "predictions" in cfg.train_dataloader.dataset:
        cfg.train_dataloader.dataset.predictions = str(folder / "predictions.npy")
    cfg.model.update(backbone=dict(model_name="resnet18", weights=None, channels=(8, 8, 8, 8)), input_size=32)


@pytest.mark.parametrize("name", POLICY_CONFIGS)
def test_what_becomes_of_uncertain_labels(name, tmp_path):
    """The targets of the uncertain labels are those of the policy, all others those of the paper's config."""
    cfg, paper = Config.fromfile(FOLDER / f"{name}.py"), Config.fromfile(FOLDER / "classifier_paper.py")
    for config in (cfg, paper):
        write_uncertain_set(config, tmp_path)
        config.train_dataloader.dataset.augment = False
    dataset, plain = DATASETS.build(cfg.train_dataloader.dataset), DATASETS.build(paper.train_dataloader.dataset)
    for image in range(2):
        uncertain = np.arange(len(LABELS)) % 2 == image
        item, other = dataset[image], plain[image]
        targets = item["labels"].numpy()
        if name == "classifier_paper_multiclass":
            assert (targets[uncertain] == 2).all()
        elif name == "classifier_paper_smooth":
            assert ((targets[uncertain] >= 0.55) & (targets[uncertain] <= 0.85)).all()
            assert len(set(targets[uncertain])) == uncertain.sum()
        else:
            expected = np.load(tmp_path / "predictions.npy")[image]
            np.testing.assert_allclose(targets[uncertain], expected[uncertain], rtol=1e-6)
        assert item["mask"].numpy()[uncertain].all()
        assert not other["mask"].numpy()[uncertain].any()
        for key in ("labels", "mask"):
            np.testing.assert_array_equal(item[key][~uncertain], other[key][~uncertain])


@pytest.mark.parametrize("name", POLICY_CONFIGS)
def test_a_policy_trains(name, tmp_path):
    cfg = Config.fromfile(FOLDER / f"{name}.py")
    write_uncertain_set(cfg, tmp_path)
    dataset, model = DATASETS.build(cfg.train_dataloader.dataset), MODELS.build(cfg.model)
    assert model.three_state == (name == "classifier_paper_multiclass")
    weight = model.network.get_classifier().weight
    before = weight.detach().clone()
    losses = model.train_step(
        torch.utils.data.default_collate([dataset[0], dataset[1]]), build_optim_wrapper(model, cfg.optim_wrapper)
    )
    assert torch.isfinite(losses["loss"])
    changed = (weight != before).any(dim=1)
    assert changed.all()  # of every label, in every state


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
