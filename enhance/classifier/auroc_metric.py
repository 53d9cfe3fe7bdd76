"""AUROC of an image-label classifier, label by label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.registry import METRICS
from torch import Tensor

from data.atomic import atomic_path
from data.errors import UserError
from enhance.classifier.predictions import write_predictions


def auroc_per_label(scores: Tensor, labels: Tensor, mask: Tensor) -> list[float | None]:
    """AUROC of each label over the images where it counts.

    Args:
        scores: (N, L) probabilities.
        labels: (N, L) with values 0 and 1 where the mask is 1.
        mask: (N, L).

    Returns:
        L values in [0, 1]; None where the counted images are all positive or all negative.
    """
    from torchmetrics.functional.classification import binary_auroc  # here: it loads for seconds

    values: list[float | None] = []
    for score, label, counted in zip(scores.T, labels.T, mask.T > 0, strict=True):
        truth = label[counted].long()
        both = bool((truth == 1).any() and (truth == 0).any())
        values.append(float(binary_auroc(score[counted], truth)) if both else None)
    return values


@METRICS.register_module()
class AUROCMetric(BaseMetric):
    """Reports `auroc/<label>` for every label with both classes, and `auroc/mean` over these.

    Uncertain labels have to be masked in the validation set (policy "ignore").

    Args:
        outfile: Optional file. `.json`: scores and labels, what `tools/classification_report.py --pred` reads. `.npy`:
            the probabilities (N, L) in the order of the data set, the `predictions` of an `ImageLabelDataset` with
            policy "self_trained"; needs a loader that does not shuffle.
        chose_the_epoch: These images chose the epoch that is tested; the `.json` says so.

    Raises:
        UserError: `outfile` has another suffix.
    """

    default_prefix = "auroc"

    def __init__(
        self,
        outfile: str | None = None,
        chose_the_epoch: bool = False,
        collect_device: str = "cpu",
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        if outfile is not None and Path(outfile).suffix not in (".json", ".npy"):
            raise UserError(f"outfile {outfile}: give it the suffix .json or .npy")
        self.outfile = outfile
        self.chose_the_epoch = chose_the_epoch

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Keep scores, labels and mask of one batch."""
        samples = [{key: value.detach().cpu() for key, value in sample.items()} for sample in data_samples]
        places = data_batch.get("index", [None] * len(samples))
        self.results += [sample | {"place": place} for sample, place in zip(samples, places, strict=True)]

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """AUROC over all images."""
        scores, labels, mask = (torch.stack([r[key] for r in results]) for key in ("scores", "labels", "mask"))
        names = list((self.dataset_meta or {})["label_names"])
        if self.outfile is not None:
            places = None if results[0]["place"] is None else [int(result["place"]) for result in results]
            write_outfile(Path(self.outfile), names, scores, labels, mask, places, self.chose_the_epoch)
        values = dict(zip(names, auroc_per_label(scores, labels, mask), strict=True))
        known = {name: value for name, value in values.items() if value is not None}
        if not known:
            raise UserError("no label of the validation set has both positive and negative images: AUROC is undefined")
        return known | {"mean": sum(known.values()) / len(known)}


def write_outfile(
    file: Path,
    names: list[str],
    scores: Tensor,
    labels: Tensor,
    mask: Tensor,
    places: list[int] | None,
    chose_the_epoch: bool = False,
) -> None:
    """Write a test: scores and labels as `.json`, or the scores (N, L) alone as `.npy`.

    Args:
        names: L.
        scores, labels, mask: (N, L).
        places: (N,) of the images in the file of the data set, if they are known.
        chose_the_epoch: as in `AUROCMetric`.
    """
    if file.suffix == ".json":
        write_predictions(file, names, scores, labels, mask, places, chose_the_epoch)
        return
    with atomic_path(file) as temporary:
        np.save(temporary, scores.numpy())
