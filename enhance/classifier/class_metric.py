"""Accuracy and recall of a classifier with exactly one class per image, to watch a training by."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.evaluator import BaseMetric
from mmengine.registry import METRICS
from torch import Tensor

from data.errors import UserError


def accuracy(scores: Tensor, labels: Tensor) -> float:
    """Share of the images whose highest score (ties: the first) is of their class.

    Args:
        scores: (N, L).
        labels: (N, L), one-hot.
    """
    return float((scores.argmax(1) == labels.argmax(1)).float().mean())


def recall_per_class(scores: Tensor, labels: Tensor) -> list[float | None]:
    """Share of each class's images whose highest score is of it. Arguments as in `accuracy`.

    Returns:
        L values in [0, 1]; None for a class without images.
    """
    from torchmetrics.functional.classification import multiclass_recall  # here: it loads for seconds

    truth, count = labels.argmax(1), labels.shape[1]
    recalls = multiclass_recall(scores.argmax(1), truth, num_classes=count, average="none").tolist()
    present = torch.bincount(truth, minlength=count) > 0
    return [recall if there else None for recall, there in zip(recalls, present.tolist(), strict=True)]


@METRICS.register_module()
class ClassMetric(BaseMetric):
    """Reports `class/accuracy`, `class/recall/<label>` for every class with images, and `class/recall/mean`.

    Args:
        mean_of: The labels whose recalls are averaged; default all. Paper 004 §2.2 keeps the weights with the best
            recall of its three diseases, "Normal" left out.
    """

    default_prefix = "class"

    def __init__(
        self, mean_of: Sequence[str] | None = None, collect_device: str = "cpu", prefix: str | None = None
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.mean_of = mean_of

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Keep scores and labels of one batch."""
        self.results += [{key: sample[key].detach().cpu() for key in ("scores", "labels")} for sample in data_samples]

    def compute_metrics(self, results: list[dict[str, Tensor]]) -> dict[str, float]:
        """Accuracy and recalls over all images.

        Raises:
            UserError: An image is not of exactly one class, or no label of `mean_of` has images.
        """
        scores, labels = (torch.stack([r[key] for r in results]) for key in ("scores", "labels"))
        if not (labels.sum(1) == 1).all():
            raise UserError("ClassMetric needs exactly one class per image; for several labels take AUROCMetric")
        names = list((self.dataset_meta or {})["label_names"])
        recalls = dict(zip(names, recall_per_class(scores, labels), strict=True))
        known = {name: value for name, value in recalls.items() if value is not None}
        chosen = [known[name] for name in self.mean_of or names if name in known]
        if not chosen:
            raise UserError(f"no image of {self.mean_of}: the mean recall is undefined; the labels are {names}")
        values = {f"recall/{name}": value for name, value in known.items()}
        return values | {"recall/mean": sum(chosen) / len(chosen), "accuracy": accuracy(scores, labels)}
