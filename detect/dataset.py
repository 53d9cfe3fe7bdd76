"""A COCO data set for detectors whose classes come from its annotation file, and the check that a model fits it."""

from data.errors import UserError

import detect.mmcv_extension  # isort: skip  # noqa: F401  mmdet asks for mmcv._ext

import os
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from mmdet.datasets import CocoDataset
from mmdet.datasets.api_wrappers import COCO
from mmengine.hooks import Hook
from mmengine.registry import DATASETS, HOOKS
from mmengine.runner import Runner

from data.coco import lesions_of
from data.coco_file.entries import check_once
from data.coco_file.read import load_coco
from data.images.declared_size import check_header

LONGEST = 50
"""How many times longer than wide an image may be."""
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
        UserError: it has no images, or something that cannot be mended (`data.coco_file.read.read_coco`); an image is
            not there, of another size or a mere strip; there is no lesion to train on, or one that is too thin.
    """

    METAINFO: dict[str, Any] = {}

    def load_data_list(self) -> list[dict]:
        api = coco_api(self.ann_file)
        coco = api.dataset
        if not coco["images"]:
            raise UserError(f"{self.ann_file} has no images; give a file that lists some")
        categories = coco["categories"]
        self._metainfo["classes"] = tuple(category["name"] for category in categories)
        self._metainfo["palette"] = [PALETTE[i % len(PALETTE)] for i in range(len(categories))]
        self._metainfo["ann_file"] = str(self.ann_file)
        self.COCOAPI = lambda _: api  # mmdet would read the file again
        images = super().load_data_list()
        del self.COCOAPI
        check_once(self.ann_file, map(os.path.abspath, [image["img_path"] for image in images]))
        for image in images:
            check_header(image["img_path"], (image["width"], image["height"]))
            check_shape(image)
        if not self.test_mode:
            self._check_lesions(coco, images)
        return images

    def _check_lesions(self, coco: dict[str, Any], images: list[dict]) -> None:
        """mmdet leaves out boxes that are thinner than a pixel; their images would be trained on as negatives."""
        if not lesions_of(coco):
            raise UserError(
                f"{self.ann_file}: no image has a lesion, so there is nothing to learn; is it the right file?"
            )
        sizes = {image["id"]: (image["width"], image["height"]) for image in coco["images"]}
        thin = [lesion for lesion in lesions_of(coco) if thickness(lesion["bbox"], sizes[lesion["image_id"]]) < 1]
        if thin:
            raise UserError(
                f"{self.ann_file}: {len(thin)} lesions are thinner than a pixel, or have less than one in their image; "
                f"the first is {thin[0]}; remove them, or prepare the set with larger images"
            )
        instances = sum(not instance["ignore_flag"] for image in images for instance in image["instances"])
        assert instances == len(lesions_of(coco)), "a lesion was lost on the way to the detector"


def thickness(box: Sequence[float], size: tuple[float, float]) -> float:
    """The shorter side, in pixels, of what of a box (x, y, width, height) lies in an image of a width and height."""
    return min(min(box[i] + box[i + 2], size[i]) - max(box[i], 0) for i in (0, 1))


def check_shape(image: dict[str, Any]) -> None:
    """Raise `UserError` for an image of which nothing would be left when its longer side fits a detector's scale."""
    width, height = image["width"], image["height"]
    if max(width, height) > LONGEST * min(width, height):
        raise UserError(
            f"{image['img_path']} has {width} x {height} pixels, a strip that no detector can be shown: cut it, or "
            "take it off the annotation file"
        )


def coco_api(ann_file: str) -> COCO:
    """pycocotools' view of an annotation file as `load_coco` gives it."""
    api = COCO()
    api.dataset = load_coco(ann_file)
    with redirect_stdout(None):
        api.createIndex()
    api.img_ann_map, api.cat_img_map = api.imgToAnns, api.catToImgs
    return api


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
