"""What a test adds to a training config: predictions, pictures, mirror images, what is known of the test images."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict

from data.errors import MissingFileError, UserError

DETECTION_METRICS = (("FROCMetric",), ("LesionCocoMetric", "CocoMetric"))
"""Metrics that can write the boxes: of these kinds the first that a config has writes them."""


def metrics_of(cfg: Config, *kinds: str) -> list[ConfigDict]:
    """The metrics of a test whose type is one of `kinds`, whatever scope is named: "mmdet.CocoMetric" is CocoMetric."""
    evaluators = cfg.test_evaluator if isinstance(cfg.test_evaluator, list) else [cfg.test_evaluator]
    return [metric for metric in evaluators if _type_name(metric.type) in kinds]


def _type_name(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind)).rpartition(".")[2]


def keep_predictions(cfg: Config) -> None:
    """Let the test write its predictions.

    The FROC metric, or else a COCO metric, writes `<work dir>/test/predictions.bbox.json`, the AUROC metric of a
    classifier `<work dir>/test/predictions.json`.
    """
    prefix = str(Path(cfg.work_dir, "test", "predictions"))
    for kinds in DETECTION_METRICS:
        if writers := metrics_of(cfg, *kinds):
            writers[0].setdefault("outfile_prefix", prefix)
            return
    for metric in metrics_of(cfg, "AUROCMetric")[:1]:
        metric.setdefault("outfile", f"{prefix}.json")


def expect_no_lesions(cfg: Config) -> None:
    """Tell the FROC metric that no image of the test has a lesion, which is an error else; it counts the boxes then.

    Raises:
        UserError: the config has no FROC metric.
    """
    metrics = metrics_of(cfg, "FROCMetric")
    if not metrics:
        raise UserError("--lesion-free needs a FROCMetric in test_evaluator, as configs/detect have it")
    for metric in metrics:
        metric.lesion_free = True


def chose_the_epoch(trained: Config, tested: Config) -> bool:
    """Whether a test is of the images by which the training kept its best epoch, so that its numbers are too good."""
    kept = trained.get("default_hooks", {}).get("checkpoint", {}).get("save_best")
    chose, tested_on = annotation_files(trained, "val_dataloader"), annotation_files(tested, "test_dataloader")
    return bool(kept) and bool(chose & tested_on)


def check_names(trained: Mapping[str, Any], tested: Mapping[str, Any]) -> None:
    """Make sure that outputs are called what they were trained as: by a data set's classes or labels, in their order.

    Args:
        trained: `dataset_meta` of a checkpoint, or other names with their key.
        tested: `metainfo` of the data set that is tested.

    Raises:
        UserError: both have names under one key, and these differ.
    """
    for key in ("classes", "label_names"):
        names, other = (None if meta.get(key) is None else list(meta[key]) for meta in (trained, tested))
        if names is not None and other is not None and names != other:
            raise UserError(
                f"the model was trained on the {key} {names}, the data set has {other}: give the same ones in the same "
                f"order ({tested.get('ann_file', 'its annotation file')})"
            )


def annotation_files(cfg: Config, loader: str) -> set[Path]:
    """The absolute paths of the annotation files that a loader reads, through wrappers and joined data sets."""
    datasets, files = [(cfg.get(loader) or {}).get("dataset", {})], set()
    while datasets:
        dataset = datasets.pop()
        datasets += [*([dataset["dataset"]] if "dataset" in dataset else []), *dataset.get("datasets", [])]
        if dataset.get("ann_file"):
            files.add(Path(dataset.get("data_root") or "", dataset["ann_file"]).resolve())
    return files


def check_annotation_files(cfg: Config, *loaders: str) -> None:
    """Find a wrong path before networks are loaded, which takes long.

    Raises:
        MissingFileError: an annotation file of one of the loaders does not exist.
    """
    for loader in loaders:
        for file in sorted(annotation_files(cfg, loader)):
            if not file.is_file():
                raise MissingFileError(
                    f"{file}: no such annotation file; {loader}.dataset.data_root and ann_file say where it is "
                    "(tools/prepare_dataset.py writes such files)"
                )


def show_in(cfg: Config, folder: Path) -> None:
    """Let the config's visualization hook write its pictures to `folder`.

    Raises:
        UserError: the config has no such hook.
    """
    if "visualization" not in cfg.default_hooks:
        raise UserError("--show-dir needs default_hooks.visualization in the config, as configs/detect have it")
    # Absolute: mmdet's hook joins a relative folder to itself once more at every batch.
    cfg.default_hooks.visualization.update(draw=True, test_out_dir=str(folder.resolve()))


def add_mirror_images(cfg: Config) -> None:
    """Wrap the model in the config's `tta_model` and let the test pipeline end with both flips of the image.

    Raises:
        UserError: the config has no `tta_model`, or its test pipeline nothing that packs.
    """
    if "tta_model" not in cfg:
        raise UserError("--tta needs tta_model in the config, as configs/detect have it")
    pipeline = deepcopy(cfg.test_dataloader.dataset.pipeline)
    place = next((i for i, step in enumerate(pipeline) if _type_name(step.type) == "PackDetInputs"), None)
    if place is None:
        raise UserError("--tta needs a PackDetInputs in the test pipeline, as configs/detect have it")
    pack = pipeline[place]
    pack.meta_keys = (*pack.meta_keys, "flip", "flip_direction")
    # The unflipped image first: the merged sample keeps the annotations of the first.
    flips = [dict(type="RandomFlip", prob=0.0), dict(type="RandomFlip", prob=1.0)]
    pipeline[place] = dict(type="TestTimeAug", transforms=[flips, [pack]])
    cfg.test_dataloader.dataset.pipeline = pipeline
    cfg.model = ConfigDict(**cfg.tta_model, module=cfg.model)
