"""A bundle at work by onnxruntime, where PyTorch is not installed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from data.errors import UserError
from data.images.resize import resize
from detect.bundle.files import opened
from detect.prediction.boxes import Boxes, Prediction
from detect.prediction.bundle_predictor import BundlePredictor
from detect.prediction.ensemble import Ensemble

ENHANCER = "enhancer.onnx"
CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


class OnnxPredictor(BundlePredictor):
    """The enhancer and the detector of a bundle that tools/export_onnx.py made.

    Args:
        bundle: its folder, or a zip file of it.
        device: cpu, cuda or cuda:1; None is cuda where onnxruntime has it, else cpu.

    Attributes:
        enhancer: session of onnxruntime, see `enhance.graphs.enhancer_graph`.

    Raises:
        MissingFileError, UserError: see `detect.bundle.files.opened`; or onnxruntime is missing, or has no such device.
    """

    def __init__(self, bundle: str | Path, device: str | None = None) -> None:
        with opened(bundle) as (folder, index):
            super().__init__(folder, index, bundle)
            self.side, resizing = _facts(index, bundle)
            self.enhancer = session(folder / ENHANCER, device)
            members = [OnnxDetector(folder / member, resizing, device) for member in index["members"]]
            self.detector = Ensemble(members, bool(index.get("flip")))

    def predict(self, images: Sequence[NDArray[np.uint8]]) -> list[Prediction]:
        """Enhance gray images (H, W) uint8 and find their lesions; without attention maps."""
        enhanced = [self.enhancer.run(["enhanced"], self.inputs(image))[0][0] for image in images]
        return [Prediction(*pair) for pair in zip(self.detector(enhanced), enhanced, strict=True)]

    def attention(self, image: NDArray[np.uint8]) -> NDArray[np.float32] | None:
        """The normalized map (H, W) of a gray image (H, W) uint8; None where the enhancer has no attention."""
        return None if self.side is None else self.enhancer.run(["attention"], self.inputs(image))[0][0]

    def inputs(self, image: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8]]:
        """What the enhancer's graph takes of a gray image (H, W) uint8."""
        if self.side is None:
            return {"image": image[None]}
        return {"image": image[None], "small": resize(image, self.side, self.side)[None]}


def _facts(index: dict[str, Any], bundle: str | Path) -> tuple[int | None, dict[str, Any]]:
    """The side of the square that the attention sees, and how the detector's images are resized."""
    if "onnx" not in index:
        raise UserError(f"{bundle} has no graphs for ONNX; tools/export_onnx.py {bundle} --out DIR makes them")
    try:
        side, resizing = index["onnx"]["side"], index["onnx"]["resize"]
        sizes = [*resizing["scale"], *([] if side is None else [side])]
        whole = len(resizing["scale"]) == 2 and all(isinstance(size, int) and size > 0 for size in sizes)
        if whole and isinstance(resizing["keep_ratio"], bool) and ENHANCER in index["sha256"]:
            return side, resizing
    except (KeyError, TypeError):
        pass
    raise UserError(f"{bundle}: bundle.json does not say how its graphs are run; export it anew")


class OnnxDetector:
    """A detector alone.

    Args:
        graph: its file, see `detect.detector_graph`.
        resizing: of mmdet's `Resize`: `scale` (width, height) and `keep_ratio`.
        device: as of `OnnxPredictor`.
    """

    def __init__(self, graph: Path, resizing: dict[str, Any], device: str | None = None) -> None:
        self.session = session(graph, device)
        self.scale, self.keep_ratio = resizing["scale"], resizing["keep_ratio"]

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> list[Boxes]:
        """The lesions of RGB images (H, W, 3) uint8."""
        return [self._boxes(image) for image in images]

    def _boxes(self, image: NDArray[np.uint8]) -> Boxes:
        height, width = image.shape[:2]
        new_width, new_height = self._size(width, height)
        resized = cv2.resize(image, (new_width, new_height), interpolation=cv2.INTER_LINEAR)
        inputs = {"image": resized.transpose(2, 0, 1)[None].astype(np.float32)}
        corners, scores, labels = self.session.run(["boxes", "scores", "labels"], inputs)
        factors = np.array([new_width / width, new_height / height] * 2, np.float32)
        return Boxes(corners / factors, scores, labels)

    def _size(self, width: int, height: int) -> tuple[int, int]:
        """As mmdet's `Resize` has it: the longer side within the larger of the scale, the shorter within the other."""
        if not self.keep_ratio:
            return self.scale[0], self.scale[1]
        factor = min(max(self.scale) / max(width, height), min(self.scale) / min(width, height))
        return int(width * factor + 0.5), int(height * factor + 0.5)


def session(graph: Path, device: str | None = None) -> Any:
    """Load a graph; it computes on as many threads as OMP_NUM_THREADS says, else on all cores."""
    try:
        import onnxruntime
    except ImportError as error:
        raise UserError(f'--onnx: {error}; pip install "lesion-enhance[onnx]"') from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS") or 0)
    there = onnxruntime.get_available_providers()
    provider: Any = CPU
    if device is None:
        provider = CUDA if CUDA in there else CPU
    elif device.startswith("cuda"):
        if CUDA not in there:
            raise UserError(
                f"--device {device}: this onnxruntime has no CUDA; pip install onnxruntime-gpu, or give cpu"
            )
        provider = (CUDA, {"device_id": device.partition(":")[2] or "0"})
    elif device != "cpu":
        raise UserError(f"--device {device}: onnxruntime is run on cpu or cuda")
    try:
        return onnxruntime.InferenceSession(str(graph), options, providers=[provider])
    except Exception as error:  # onnxruntime's errors have no class of their own in common
        raise UserError(f"{graph.name} is no graph that onnxruntime can run here: {error}") from error
