"""A bundle at work: gray images in, enhanced images and boxes out, by the same path as `tools/test.py`."""

from data.errors import UserError

import detect.mmcv_extension  # isort: skip  # noqa: F401  mmdet asks for mmcv._ext

from collections.abc import Sequence
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

from detect.bundle.contents import DETECTOR, check_recipe, read_data
from detect.bundle.files import opened
from detect.prediction.boxes import Boxes, Prediction
from detect.prediction.bundle_predictor import BundlePredictor
from detect.prediction.ensemble import Ensemble
from training.checkpoints import fill


class Predictor(BundlePredictor):
    """The enhancer and the detector of a bundle.

        predictor = Predictor("my_bundle.zip")
        prediction = predictor("scan.dcm")
        prediction.boxes.corners, prediction.boxes.scores

    Args:
        bundle: folder or zip file that tools/bundle.py made; nothing in it is run.
        device: cpu, cuda or cuda:1.

    Attributes:
        index: content of the bundle's `bundle.json`, see docs/predict.md.

    Raises:
        MissingFileError, UserError: see `detect.bundle.files.opened` and `detect.bundle.contents`.
    """

    def __init__(self, bundle: str | Path, device: str = "cpu") -> None:
        with opened(bundle) as (folder, index):
            if "onnx" in index:
                raise UserError(f"{bundle} holds graphs for ONNX: run it by predict.py --onnx")
            super().__init__(folder, index, bundle)
            recipe = check_recipe(folder, index["sha256"])
            import_modules_from_strings("enhance.recipe")
            self.enhancer = ROOT_MODELS.build(dict(type="enhancer_of_recipe", recipe=str(recipe), device=device))
            self.detector = load_detector(folder, index["members"], bool(index.get("flip")), device)

    def predict(self, images: Sequence[NDArray[np.uint8]]) -> list[Prediction]:
        """Enhance gray images (H, W) uint8 and find their lesions; without attention maps, which take time."""
        enhanced = self.enhancer(list(images))
        return [Prediction(*pair) for pair in zip(self.detector(enhanced), enhanced, strict=True)]

    def attention(self, image: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """The normalized map (H, W) of a gray image (H, W) uint8; None where the enhancer has no attention."""
        if getattr(self.enhancer, "attention", None) is None:
            return None
        with torch.no_grad():
            (attention,) = self.enhancer.attention_maps([image])
        return attention.cpu().numpy()


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
        config: see `detect.bundle.contents.detector_config`; kept as an attribute.
        weights: its file.
        device: as of `Predictor`.
    """

    def __init__(self, config: dict[str, Any], weights: str | Path, device: str = "cpu") -> None:
        self.config = config
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
