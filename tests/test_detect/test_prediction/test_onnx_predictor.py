"""Graphs at work: as PyTorch, without PyTorch."""

import json
import subprocess
import sys

import numpy as np
import pytest
from mmdet.registry import TRANSFORMS

from data.errors import UserError
from detect import Predictor
from detect.bundle.files import write_index
from detect.prediction.onnx_predictor import OnnxDetector, OnnxPredictor, _facts
from tests.paths import ROOT
from tools.graphs.comparison import compared_boxes

WITHOUT = """
import sys
for name in ("torch", "torchvision", "mmengine", "mmcv", "mmdet", "timm", "skimage", "onnx"):
    sys.modules[name] = None
"""


def test_as_pytorch(bundled, exported):
    path = bundled / "set/images/8.png"
    ours, theirs = Predictor(bundled / "bundle")(path), OnnxPredictor(exported)(path)
    assert np.array_equal(ours.enhanced, theirs.enhanced)
    assert np.abs(ours.attention - theirs.attention).max() < 1e-4 and theirs.attention.shape == (48, 72)
    assert len(theirs.boxes.scores) > 10
    assert compared_boxes(ours.boxes, theirs.boxes)["other_boxes"] < 0.1 * len(theirs.boxes.scores)
    assert theirs.boxes.corners.dtype == np.float32 and theirs.boxes.labels.dtype == np.int64


def test_the_command_runs_where_pytorch_is_not(bundled, exported, tmp_path):
    argv = ["tools/predict.py", exported, bundled / "set/images/7.png", "--onnx", "--out", tmp_path / "out"]
    code = f"{WITHOUT}\nsys.argv = {[str(part) for part in argv]}\n"
    code += "import runpy; runpy.run_path(sys.argv[0], run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "boxes in 1 images, 0 failed" in done.stdout
    assert (tmp_path / "out/7_overlay.png").is_file()


@pytest.mark.parametrize("keep_ratio", [True, False])
@pytest.mark.parametrize("scale", [(192, 192), (320, 200), (90, 1000)])
def test_sizes_are_those_of_mmdet(scale, keep_ratio):
    detector = OnnxDetector.__new__(OnnxDetector)
    detector.scale, detector.keep_ratio = [*scale], keep_ratio
    resize = TRANSFORMS.build(dict(type="Resize", scale=scale, keep_ratio=keep_ratio))
    rng = np.random.default_rng(0)
    for _ in range(50):
        height, width = (int(side) for side in rng.integers(5, 700, 2))
        shape = resize(dict(img=np.zeros((height, width, 3), np.uint8)))["img"].shape
        assert detector._size(width, height) == (shape[1], shape[0])


def test_other_bundles_and_devices(bundled, exported):
    with pytest.raises(UserError, match=r"has no graphs for ONNX; tools/export_onnx.py .* --out DIR makes them"):
        OnnxPredictor(bundled / "bundle")
    with pytest.raises(UserError, match="--device mps: onnxruntime is run on cpu or cuda"):
        OnnxPredictor(exported, "mps")
    pytest.importorskip("onnxruntime")
    import onnxruntime

    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        with pytest.raises(UserError, match="--device cuda:1: this onnxruntime has no CUDA"):
            OnnxPredictor(exported, "cuda:1")


def test_what_an_index_must_say():
    resize = {"scale": [64, 48], "keep_ratio": True}
    index = {"onnx": {"side": 32, "resize": resize}, "sha256": {"enhancer.onnx": "0"}}
    assert _facts(index, "b") == (32, resize)
    assert _facts(index | {"onnx": {"side": None, "resize": resize}}, "b") == (None, resize)
    for wrong in (
        index | {"onnx": {}},
        index | {"onnx": None},
        index | {"sha256": {}},
        index | {"onnx": {"side": "32", "resize": resize}},
        index | {"onnx": {"side": 32, "resize": resize | {"scale": [64, 0]}}},
        index | {"onnx": {"side": 32, "resize": resize | {"keep_ratio": 1}}},
    ):
        with pytest.raises(UserError, match="does not say how its graphs are run"):
            _facts(wrong, "b")


def test_a_graph_that_is_none(exported, tmp_path):
    for path in exported.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    index = json.loads((tmp_path / "bundle.json").read_text())
    (tmp_path / "enhancer.onnx").write_bytes(b"no graph")
    write_index(tmp_path, {key: value for key, value in index.items() if not key.startswith("sha256")})
    with pytest.raises(UserError, match="enhancer.onnx is no graph that onnxruntime can run"):
        OnnxPredictor(tmp_path)
