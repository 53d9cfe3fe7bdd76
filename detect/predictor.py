"""A bundle at work: gray images in, enhanced images and boxes out, by the same path as `tools/test.py`."""

from data.errors import UserError

import detect.mmcv_extension  # isort: skip  # noqa: F401  mmdet asks for mmcv._ext

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmdet.registry import MODELS, TRANSFORMS
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import MODELS as ROOT_MODELS
from mmengine.utils import import_modules_from_strings
from numpy.typing import NDArray
from tqdm import tqdm

from data.coco_file.read import load_coco
from data.images.image_io import read_color, read_grayscale
from detect.bundle.contents import (
    CALIBRATION,
    DETECTOR,
    OPERATING_POINTS,
    check_index,
    check_recipe,
    read_data,
)
from detect.bundle.files import opened
from detect.metrics import coco_entries
from detect.prediction.boxes import Boxes, merged
from training.checkpoints import fill


@dataclass(frozen=True)
class Prediction:
    """What a bundle says of an image.

    Attributes:
        boxes: all detections; `boxes.from_score` leaves those of an operating point.
        enhanced: RGB (H, W, 3) uint8, what the detector saw.
        attention: (H, W) float32, at least 0: where lesions are likely; None where the enhancer has no attention.
    """

    boxes: Boxes
    enhanced: NDArray[np.uint8]
    attention: NDArray[np.float32] | None = None


class Predictor:
    """The enhancer and the detector of a bundle.

        predictor = Predictor("my_bundle.zip")
        prediction = predictor("scan.dcm")
        prediction.boxes.corners, prediction.boxes.scores

    Args:
        bundle: folder or zip file that tools/bundle.py made; nothing in it is run.
        device: cpu, cuda or cuda:1.

    Attributes:
        index: content of the bundle's `bundle.json`, see docs/predict.md.
        label_names: what the labels stand for.
        froc, calibration: of its validation images; see `detect.bundle`.

    Raises:
        MissingFileError, UserError: see `detect.bundle.files.opened` and `detect.bundle.contents`.
    """

    def __init__(self, bundle: str | Path, device: str = "cpu") -> None:
        with opened(bundle) as (folder, self.index):
            check_index(self.index, bundle)
            recipe = check_recipe(folder, self.index["sha256"])
            import_modules_from_strings("enhance.recipe")
            self.enhancer = ROOT_MODELS.build(dict(type="enhancer_of_recipe", recipe=str(recipe), device=device))
            self.detector = load_detector(folder, self.index["members"], bool(self.index.get("flip")), device)
            self.froc = json.loads((folder / OPERATING_POINTS).read_text(encoding="utf-8"))
            self.calibration = json.loads((folder / CALIBRATION).read_text(encoding="utf-8"))
        self.label_names: list[str] = self.index["label_names"]

    def __call__(self, image: str | Path | NDArray[np.uint8]) -> Prediction:
        """Enhance one image and find its lesions.

        Args:
            image: a file (PNG, JPEG, TIFF, DICOM), or gray (H, W) uint8.

        Raises:
            ImageReadError: the file cannot be read.
            UserError: the array is of another kind.
        """
        gray = image if isinstance(image, np.ndarray) else read_grayscale(image)
        if gray.ndim != 2 or gray.dtype != np.uint8:
            raise UserError(f"an image is gray (H, W) uint8, not {gray.dtype} of shape {gray.shape}")
        (prediction,) = self.predict([gray])
        if getattr(self.enhancer, "attention", None) is None:
            return prediction
        with torch.no_grad():
            (attention,) = self.enhancer.attention_maps([gray])
        return Prediction(prediction.boxes, prediction.enhanced, attention.cpu().numpy())

    def predict(self, images: Sequence[NDArray[np.uint8]]) -> list[Prediction]:
        """Enhance gray images (H, W) uint8 and find their lesions; without attention maps, which take time."""
        enhanced = self.enhancer(list(images))
        return [Prediction(*pair) for pair in zip(self.detector(enhanced), enhanced, strict=True)]


class Ensemble:
    """Detectors as one, by `detect.prediction.boxes.merged`; a single one is itself.

    Args:
        detectors: of one config.
        flip: let each look at the mirror image too.
    """

    def __init__(self, detectors: Sequence["Detector"], flip: bool = False) -> None:
        self.detectors, self.flip = detectors, flip

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[Boxes]:
        """The lesions of RGB images (H, W, 3) uint8."""
        parts = [detector(images) for detector in self.detectors]
        if self.flip:
            mirrors = [np.ascontiguousarray(image[:, ::-1]) for image in images]
            for detector in self.detectors:
                found = detector(mirrors)
                parts.append([boxes.mirrored(image.shape[1]) for boxes, image in zip(found, images, strict=True)])
        if len(parts) == 1:
            return parts[0]
        return [merged(each, image.shape[:2]) for *each, image in zip(*parts, images, strict=True)]

    def results_on(self, file: str | Path, folder: str | Path) -> list[dict[str, Any]]:
        """The lesions of the images of a COCO file, which lie in `folder`, as a COCO results list.

        Raises:
            ImageReadError: an image is not there, or cannot be read.
            UserError: it is no COCO file.
        """
        coco, entries = load_coco(file), []
        category_ids = [category["id"] for category in coco["categories"]]
        for image in tqdm(coco["images"], unit="image", desc=f"detect on {Path(file).name}"):
            (found,) = self([read_color(Path(folder, image["file_name"]))])
            result = dict(image_id=image["id"], bboxes=found.corners, scores=found.scores, labels=found.labels)
            entries += coco_entries(result, category_ids)
        return entries


def load_detector(folder: Path, members: Sequence[str], flip: bool, device: str) -> Ensemble:
    """The detectors of an opened bundle.

    Args:
        members: their files.
        flip: see `Ensemble`.

    Raises:
        UserError: see `detect.bundle.contents.read_data` and `training.checkpoints.fill`.
    """
    config = read_data(folder / DETECTOR)
    return Ensemble([Detector(config, folder / member, device) for member in members], flip)


class Detector:
    """A detector of a bundle alone.

    Args:
        config: see `detect.bundle.contents.detector_config`.
        weights: its file.
        device: as of `Predictor`.
    """

    def __init__(self, config: dict[str, Any], weights: str | Path, device: str = "cpu") -> None:
        import_modules_from_strings(config["custom_imports"]["imports"])
        self.model = MODELS.build(Config(config).model)  # mmdet asks for attributes
        fill(self.model, weights, "detector")
        self.model.to(device).eval()
        self.pipeline = [TRANSFORMS.build(step) for step in config["test_pipeline"]]

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[Boxes]:
        """The lesions of RGB images (H, W, 3) uint8.

        Images of one size are computed at once. Of several sizes mmdet would pad the smaller ones, which changes what
        is found in them.
        """
        groups: dict[torch.Size, dict[int, Any]] = {}
        for place, image in enumerate(images):
            prepared = self._prepared(image)
            groups.setdefault(prepared["inputs"].shape, {})[place] = prepared
        found: dict[int, Boxes] = {}
        for group in groups.values():
            with torch.no_grad():
                samples = self.model.test_step(pseudo_collate([*group.values()]))
            found |= {place: _boxes(sample.pred_instances) for place, sample in zip(group, samples, strict=True)}
        return [found[place] for place in range(len(images))]

    def _prepared(self, image: NDArray[np.uint8]) -> dict[str, Any]:
        size = image.shape[:2]
        results = dict(
            img=np.ascontiguousarray(image[..., ::-1]), img_shape=size, ori_shape=size, img_id=0, img_path=""
        )
        for step in self.pipeline:
            results = step(results)
        return results


def _boxes(instances: Any) -> Boxes:
    order = instances.scores.argsort(descending=True, stable=True)
    corners, scores, labels = (instances[key][order].cpu().numpy() for key in ("bboxes", "scores", "labels"))
    return Boxes(corners, scores, labels)
