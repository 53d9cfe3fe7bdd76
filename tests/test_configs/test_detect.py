"""The detector configs hold the paper's settings, differ where they should, and build."""

import pytest
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope

from tests.paths import ROOT

FOLDER = ROOT / "configs/detect"
VARIANTS = {"raw": "rsna", "color": "rsna_color", "cawe": "rsna_cawe", "color_cawe": "rsna_color_cawe"}
PAPER = [f"{name}_{variant}" for name in ("faster_rcnn", "retinanet") for variant in VARIANTS]
REDUCED = [f"{name}_{size}" for name in ("faster_rcnn", "retinanet") for size in ("small", "lite", "demo")]


def load(name: str) -> Config:
    return Config.fromfile(FOLDER / f"{name}.py")


def test_every_config_is_tested_here() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} == {*PAPER, *REDUCED}


@pytest.mark.parametrize("name", ["faster_rcnn", "retinanet"])
def test_variants_differ_by_the_image_folder_only(name: str) -> None:
    raw = load(f"{name}_raw").to_dict()
    for variant, folder in VARIANTS.items():
        path = FOLDER / f"{name}_{variant}.py"
        cfg = load(path.stem).to_dict()
        for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
            assert cfg[loader]["dataset"]["data_root"] == f"datasets/{folder}"
            cfg[loader]["dataset"]["data_root"] = raw[loader]["dataset"]["data_root"]
        del cfg["data"]
        assert cfg == {key: value for key, value in raw.items() if key != "data"}


@pytest.mark.parametrize("name", PAPER)
def test_the_papers_settings(name: str) -> None:
    """Paper 002, section 3.5."""
    cfg = load(name)
    assert cfg.model.backbone.depth == 50 and cfg.model.backbone.init_cfg.checkpoint == "torchvision://resnet50"
    assert cfg.optim_wrapper.optimizer.type == "SGD" and cfg.optim_wrapper.optimizer.lr == 0.02
    assert cfg.train_dataloader.batch_size == cfg.auto_scale_lr.base_batch_size == 32
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        assert [step.scale for step in loader.dataset.pipeline if step.type == "Resize"] == [(512, 512)]
    if name.startswith("faster"):
        assert cfg.model.train_cfg.rcnn.sampler.num == cfg.model.test_cfg.rpn.max_per_img == 128
        assert cfg.model.test_cfg.rcnn.nms.iou_threshold == 0.5
    else:
        assert cfg.model.test_cfg.nms.iou_threshold == 0.5


@pytest.mark.parametrize(("name", "side"), [("small", 256), ("lite", 320), ("demo", 192)])
@pytest.mark.parametrize("model", ["faster_rcnn", "retinanet"])
def test_reduced_configs_resize_everywhere(model: str, name: str, side: int) -> None:
    cfg = load(f"{model}_{name}")
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        assert [step.scale for step in loader.dataset.pipeline if step.type == "Resize"] == [(side, side)]
    assert cfg.param_scheduler[1].end == cfg.train_cfg.max_epochs


@pytest.mark.parametrize("name", [*PAPER, *REDUCED])
def test_validation_counts_froc_and_the_test_ap_too(name: str) -> None:
    cfg = load(name)
    froc = dict(type="FROCMetric", fppi=(1, 2, 3, 4), iou_thr=0.5)
    assert [dict(metric) for metric in cfg.val_evaluator] == [froc]
    assert [dict(metric) for metric in cfg.test_evaluator] == [dict(type="LesionCocoMetric", metric="bbox"), froc]
    kept = cfg.default_hooks.get("checkpoint", {}).get("save_best")
    assert kept is None or kept.startswith("froc/"), "an epoch can be chosen by what validation reports alone"


@pytest.mark.parametrize("name", [*PAPER, *REDUCED])
def test_negatives_are_kept(name: str) -> None:
    dataset = load(name).train_dataloader.dataset
    assert dataset.type == "LesionDataset" and "filter_cfg" not in dataset


@pytest.mark.parametrize("name", ["faster_rcnn_raw", "retinanet_raw", *REDUCED])
def test_models_build(name: str) -> None:
    cfg = load(name)
    init_default_scope(cfg.default_scope)
    cfg.model.backbone.init_cfg = None
    model = MODELS.build(cfg.model)
    assert name.endswith(("lite", "demo")) == (type(model.backbone).__name__ == "TimmBackbone")
    trained = {n for n, p in model.backbone.named_parameters() if p.requires_grad}
    everything = {n for n, _ in model.backbone.named_parameters()}
    assert (trained == everything) == (name in REDUCED)
