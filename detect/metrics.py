"""Metrics for validation and test of detectors: FROC, and COCO AP, with the ground truth of the data set under test."""

from data.errors import UserError

import detect.mmcv_extension  # isort: skip  # noqa: F401  mmdet asks for mmcv._ext

from collections.abc import Sequence
from typing import Any

from mmdet.evaluation import CocoMetric
from mmengine.evaluator import BaseMetric
from mmengine.registry import METRICS

from data.atomic import write_json
from detect.dataset import coco_api
from detect.froc.curve import CountedSet, Duplicates, RankedSet
from detect.froc.ground_truth import read_ground_truth, read_lesion_free
from detect.froc.matching import Matching
from detect.froc.settings import Classes, FrocSettings
from detect.froc.system import match_results
from detect.prediction.boxes import coco_entries


@METRICS.register_module()
class FROCMetric(BaseMetric):
    """Sens@N of a detector: `froc/sens@1` ... and their mean `froc/mean_sens`; on images without lesions
    `froc/boxes_per_image`, which are false positives all.

    The numbers are those of `tools/froc_report.py` for the same predictions, on one process or many.

    Args:
        ann_file: COCO ground truth; default: the data set's own, `dataset_meta["ann_file"]`.
        fppi: average false positives per image, N.
        iou_thr: least IoU of a hit.
        matching: "iou", "center" or "best-overlap", see `detect.froc.matching.match_set`.
        duplicates: "fp" or "ignore", see `detect.froc.settings.FrocSettings`.
        classes: "separate" or "pooled".
        outfile_prefix: write the detections to `<outfile_prefix>.bbox.json`, a COCO results list, what
            `tools/froc_report.py --pred` reads; default: nowhere.
        lesion_free: the set has no lesion, and that is meant.

    Raises:
        UserError: a value out of range, see `FrocSettings`; at the end of a test, a set without lesions that is not
            meant to be, or with lesions that is meant to have none.
    """

    default_prefix = "froc"

    def __init__(
        self,
        ann_file: str | None = None,
        fppi: Sequence[float] = (1, 2, 3, 4),
        iou_thr: float = 0.5,
        matching: Matching = "iou",
        duplicates: Duplicates = "fp",
        classes: Classes = "separate",
        outfile_prefix: str | None = None,
        lesion_free: bool = False,
        collect_device: str = "cpu",
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device, prefix)
        self.ann_file = ann_file
        self.settings = FrocSettings(iou_thr, matching, tuple(fppi), duplicates=duplicates, classes=classes)
        self.outfile_prefix = outfile_prefix
        self.lesion_free = lesion_free

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keep boxes (x1, y1, x2, y2 in pixels of the stored image), scores and labels of each image."""
        for sample in data_samples:
            found = {key: sample["pred_instances"][key].cpu().numpy() for key in ("bboxes", "scores", "labels")}
            self.results.append({"image_id": sample["img_id"], **found})

    def compute_metrics(self, results: list[dict]) -> dict[str, float]:
        """Match and count; `results` are the images' detections from `process`, of all processes."""
        ann_file = self.ann_file or self.dataset_meta["ann_file"]
        truth = read_lesion_free(ann_file) if self.lesion_free else read_ground_truth(ann_file)
        ids = {name: category_id for category_id, name in truth.categories.items()}
        missing = [name for name in self.dataset_meta["classes"] if name not in ids]
        if missing or len(ids) < len(truth.categories):
            raise UserError(
                f"{ann_file}: its categories {truth.categories} do not name each class "
                f"{self.dataset_meta['classes']} of the data set once; give the annotation file of the set under test"
            )
        category_ids = [ids[name] for name in self.dataset_meta["classes"]]
        names = dict(zip(truth.image_ids, truth.file_names, strict=True))
        detections = []
        for result in results:
            entries = coco_entries(result, category_ids)
            for entry in entries[:1]:  # so that FROC notices where it is given another set's ground truth
                entry["file_name"] = names[result["image_id"]]
            detections += entries
        if self.outfile_prefix is not None:
            write_json(f"{self.outfile_prefix}.bbox.json", detections, indent=None)
        if self.lesion_free:
            return {"boxes_per_image": len(detections) / len(truth.image_ids)}
        ranked = RankedSet(match_results(truth, detections, self.settings).matched, self.settings.duplicates)
        values = CountedSet(ranked).sensitivity_at(self.settings.fppi)[0]
        metrics = {f"sens@{rate:g}": float(value) for rate, value in zip(self.settings.fppi, values, strict=True)}
        return metrics | {"mean_sens": float(values.mean())}


@METRICS.register_module()
class LesionCocoMetric(CocoMetric):
    """mmdet's `CocoMetric`, with the annotation file of the data set under test as ground truth when none is given."""

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Load the ground truth at the first batch, then as in `CocoMetric`."""
        if getattr(self, "_coco_api", None) is None:
            self._coco_api = coco_api(self.dataset_meta["ann_file"])
        super().process(data_batch, data_samples)
