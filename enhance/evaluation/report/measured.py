"""Every measure of every attention method on every image: what tables and figures are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data.errors import UserError
from enhance.evaluation.measures.insertion_deletion import area, deletion_curves, insertion_curves
from enhance.evaluation.measures.localization import energy_in_boxes, iou_with_boxes, pointing_game
from enhance.evaluation.measures.perturbation import aopc, image_noise, perturbation_curves
from enhance.evaluation.measures.replacement import Predict, predictor
from enhance.evaluation.measures.roi_size import roi_sizes, score_histograms, score_moments
from enhance.evaluation.report.batch import FLOORS, Batch, all_maps, read_batch
from enhance.evaluation.report.cases import Case
from enhance.evaluation.report.settings import AttentionSettings
from enhance.method_set import MethodSet

Arrays = dict[str, NDArray]
Progress = Callable[[list[list[Case]]], Iterable[list[Case]]]

BOX_MEASURES = ("pointing", "energy", "box_area", "iou")


@dataclass(frozen=True)
class Measured:
    """Measures of N images by S systems: the methods, then the floors.

    Attributes:
        systems: S names.
        cases: N images.
        failed: File name to the reason why it could not be read.
        arrays: Images on the first axis. `probabilities` (N, L); `targets` (N,) the class of each image's maps;
            `correct` (N,) whether the image has that class and is predicted so.
            (N, S): `roi_size` as a share of the image, `score_mean` and `score_square` of the map's scores, scaled to
            [0, 1]; `pointing`, `energy`, `box_area` and `iou`, NaN for an image without a box; `aopc`, `aopc_lerf`,
            `deletion` and `insertion`, NaN without a correct prediction.
            (N, S, steps + 1): the curves `morf`, `lerf`, `deletion_curve`, `insertion_curve`, NaN likewise.
            (N, S, bins): `histogram` of the scores.
    """

    systems: list[str]
    cases: list[Case]
    failed: dict[str, str]
    arrays: Arrays


def measure(
    method_set: MethodSet,
    cases: Sequence[Case],
    settings: AttentionSettings,
    progress: Progress = iter,
    amp: bool = False,
) -> Measured:
    """Measure all maps, batch by batch.

    Args:
        progress: Wraps the batches, e.g. in a progress bar.
        amp: Predict changed images in mixed precision (`enhance.evaluation.measures.replacement.predictor`); maps and
            the predictions of unchanged images stay as they are.

    Raises:
        UserError: The settings do not go with the classifier, a map is not finite, or no image could be read.
    """
    settings.check(method_set.classifier.label_names, method_set.classifier.input_size)
    predict, predict_changed = predictor(method_set.classifier), predictor(method_set.classifier, amp)
    batches = [list(cases[start : start + settings.batch_size]) for start in range(0, len(cases), settings.batch_size)]
    failed: dict[str, str] = {}
    read: list[Case] = []
    parts: list[Arrays] = []
    for chosen in progress(batches):
        batch = read_batch(method_set, chosen, settings, predict, failed)
        if batch is not None:
            read += batch.cases
            parts.append(measure_batch(method_set, batch, settings, predict_changed))
    if not parts:
        first = next(iter(failed.values()))
        raise UserError(f"{settings.data_root}: none of {len(cases)} images could be read; the first: {first}")
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Measured([*method_set.methods, *FLOORS], read, failed, arrays)


def measure_batch(method_set: MethodSet, batch: Batch, settings: AttentionSettings, predict: Predict) -> Arrays:
    """The arrays of `Measured` for the images of a batch."""
    maps = torch.stack(list(all_maps(method_set, batch, settings.seed)), 1)
    of_systems = [
        measure_map_values(own.cpu().numpy(), settings) | measure_boxes(own, batch, settings) for own in maps.unbind(1)
    ]
    arrays = {name: np.stack([one[name] for one in of_systems], 1) for name in of_systems[0]}
    of_images = {"probabilities": batch.probabilities, "targets": batch.targets, "correct": batch.correct}
    arrays |= {name: tensor.cpu().numpy() for name, tensor in of_images.items()}
    return arrays | measure_curves(maps, batch, settings, predict)


def measure_map_values(maps: NDArray, settings: AttentionSettings) -> Arrays:
    """What maps (B, H, W) alone tell: the size of the region of interest, and the scores."""
    moments = score_moments(maps)
    return {
        "roi_size": roi_sizes(maps, settings.roi_share)[1],
        "score_mean": moments[:, 0],
        "score_square": moments[:, 1],
        "histogram": score_histograms(maps),
    }


def measure_boxes(maps: Tensor, batch: Batch, settings: AttentionSettings) -> Arrays:
    """How maps (B, H, W) lie on the lesion boxes; negative values of a map do not count."""
    values = np.full((len(BOX_MEASURES), len(batch.cases)), np.nan)
    height, width = maps.shape[1:]
    for column, (case, attention) in enumerate(zip(batch.cases, maps.relu().cpu().numpy(), strict=True)):
        if case.boxes:
            boxes = [(x * width, y * height, w * width, h * height) for x, y, w, h in case.boxes]
            energy, box_area = energy_in_boxes(attention, boxes)
            hit = pointing_game(attention, boxes, settings.tolerance)
            values[:, column] = hit, energy, box_area, iou_with_boxes(attention, boxes, settings.roi_share)
    return dict(zip(BOX_MEASURES, values, strict=True))


def measure_curves(maps: Tensor, batch: Batch, settings: AttentionSettings, predict: Predict) -> Arrays:
    """Perturbation, insertion and deletion by maps (B, S, H, W), for the images that are predicted correctly.

    The unchanged image is that of `Batch`, so no map and no measure predicts it again.
    """
    keep = batch.correct.nonzero()[:, 0]
    images, maps, targets = batch.images[keep], maps[keep], batch.targets[keep]
    of_images = batch.probabilities[keep].gather(1, targets[:, None])[:, 0]
    places = [batch.cases[index].place for index in keep.tolist()]
    noise = image_noise(images.shape[1:], places, settings.noise_std, settings.seed).to(images)
    curves = perturbation_curves(predict, images, noise, maps, targets, settings.region, of_images=of_images)
    areas = {"aopc": aopc(curves["morf"]), "aopc_lerf": aopc(curves["lerf"])}
    if settings.steps:
        for kind, replaced in (("deletion", deletion_curves), ("insertion", insertion_curves)):
            curve = replaced(predict, images, maps, targets, settings.steps, of_images=of_images)
            curves[f"{kind}_curve"], areas[kind] = curve, area(curve)
    spread = {}
    for name, values in (curves | areas).items():
        whole = np.full((len(batch.cases), *values.shape[1:]), np.nan)
        whole[keep.cpu().numpy()] = values.numpy()
        spread[name] = whole
    return spread
