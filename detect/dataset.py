"""A COCO data set for detectors whose classes come from its annotation file, and the check that a model fits it."""

from data.errors import UserError

import detect.mmcv_extension  # isort: skip  # noqa: F401  mmdet asks for mmcv._ext

from pathlib import Path
from typing import Any

from mmdet.datasets import CocoDataset
from mmengine.hooks import Hook
from mmengine.registry import DATASETS, HOOKS
from mmengine.runner import Runner

from data.coco import load_coco

PALETTE = [(220, 50, 47), (38, 139, 210), (181, 137, 0), (108, 113, 196), (42, 161, 152), (211, 54, 130)]


@DATASETS.register_module()
class LesionDataset(CocoDataset):
    """Images with lesion boxes, and images without any, from a data set folder.

    `data_root` is the folder, `ann_file` a COCO JSON in it, and the JSON's `file_name`s are relative to it. Raw and
    enhanced runs differ by `data_root` only. The classes are the categories of the JSON in its order. `metainfo` has
    besides `ann_file`, the file's path: the metrics take their ground truth from there.

    Images without lesions are kept: `filter_cfg` stays empty, unlike in mmdet's COCO base config.

    Raises:
        MissingFileError: the annotation file is missing; the text names it and `tools/prepare_dataset.py`.
    """

    METAINFO: dict[str, Any] = {}

    def load_data_list(self) -> list[dict]:
        categories = load_coco(self.ann_file)["categories"]
        self._metainfo["classes"] = tuple(category["name"] for category in categories)
        self._metainfo["palette"] = [PALETTE[i % len(PALETTE)] for i in range(len(categories))]
        self._metainfo["ann_file"] = str(self.ann_file)
        return super().load_data_list()


@HOOKS.register_module()
class ClassCountHook(Hook):
    """Stop a run whose model has another number of classes than its data set, before the first batch."""

    def before_train(self, runner: Runner) -> None:
        """Check the training set, and that the validation set has the same classes."""
        train = runner.train_dataloader.dataset.metainfo
        check_class_count(runner.model, train["classes"], train["ann_file"])
        if runner.val_loop is not None:
            val = runner.val_dataloader.dataset.metainfo
            if val["classes"] != train["classes"]:
                raise UserError(
                    f"{val['ann_file']} has the categories {val['classes']}, {train['ann_file']} has "
                    f"{train['classes']}; both need the same ones in the same order"
                )

    def before_test(self, runner: Runner) -> None:
        """Check the test set."""
        test = runner.test_dataloader.dataset.metainfo
        check_class_count(runner.model, test["classes"], test["ann_file"])


def check_class_count(model: Any, classes: tuple[str, ...], ann_file: str | Path) -> None:
    """Raise `UserError` when a box head of `model` does not have as many classes as `classes`."""
    for name, module in model.named_modules():
        if name.endswith("bbox_head") and module.num_classes != len(classes):
            key = f"model.{name.removeprefix('module.')}.num_classes"
            raise UserError(
                f"{ann_file} has the {len(classes)} categories {classes}, the model has {module.num_classes}; "
                f"set {key}={len(classes)} in the config or by --cfg-options"
            )
