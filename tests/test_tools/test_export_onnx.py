"""tools/export_onnx.py as a user runs it."""

import json
import shutil

import pytest

from data.errors import MissingFileError, UserError
from detect.bundle.files import opened
from tools import export_onnx as tool
from tools import predict


def test_what_is_in_the_folder(bundled, exported):
    with opened(exported) as (folder, index):
        assert sorted(index["sha256"]) == [
            *("README.md", "calibration.json", "detector_1.onnx", "enhancer.onnx", "validation_froc.json")
        ]
    assert index["members"] == ["detector_1.onnx"] and index["label_names"] == ["nodule", "mass"]
    assert index["onnx"]["side"] == 32 and index["onnx"]["resize"] == {"scale": [192, 192], "keep_ratio": True}
    assert index["onnx"]["of"] == json.loads((bundled / "bundle/bundle.json").read_text())["sha256_of_this"]
    assert index["onnx"]["compared"]["images"] == 8
    assert (
        "## Graphs for ONNX\n\nCompared with PyTorch on 8 images: attention differs"
        in (folder / "README.md").read_text()
    )


def test_predicting_by_them(bundled, exported, tmp_path):
    """The same files, boxes and pictures as from the bundle itself."""
    found = []
    for bundle, options in ((bundled / "bundle", []), (exported, ["--onnx"])):
        out = tmp_path / bundle.name
        argv = [str(bundle), str(bundled / "set/images"), "--out", str(out), "--device", "cpu", "--score-thr", "0"]
        assert predict.main([*argv, *options]) == 0
        found.append((sorted(path.name for path in out.iterdir()), json.loads((out / "predictions.json").read_text())))
    assert found[0][0] == found[1][0]
    for number in range(1, 9):
        ours, theirs = ([entry for entry in entries if entry["file_name"] == f"{number}.png"] for _, entries in found)
        assert abs(len(ours) - len(theirs)) <= 0.1 * len(ours) and len(ours) > 10
        assert ours[0]["score"] == pytest.approx(theirs[0]["score"], abs=1e-3)


def test_wrong_calls(bundled, exported, tmp_path):
    with pytest.raises(UserError, match="exists; give another name"):
        tool.main([str(bundled / "bundle"), "--out", str(tmp_path)])
    with pytest.raises(MissingFileError, match="none: no such file or folder"):
        tool.main([str(bundled / "bundle"), "--out", str(tmp_path / "o"), "--images", str(tmp_path / "none")])
    with pytest.raises(UserError, match=r"holds graphs for ONNX: run it by predict.py --onnx"):
        tool.main([str(exported), "--out", str(tmp_path / "o")])
    assert not list(tmp_path.iterdir())


def test_a_pipeline_that_no_graph_has():
    steps = [dict(type="Resize", scale=(64, 48), keep_ratio=True), dict(type="PackDetInputs", meta_keys=())]
    assert tool.resizing(steps) == {"scale": [64, 48], "keep_ratio": True}
    assert tool.resizing([dict(type="Resize", scale=64)]) == {"scale": [64, 64], "keep_ratio": False}
    for wrong in ([], [*steps, dict(type="Pad")], [dict(type="Resize", scale_factor=2.0)]):
        with pytest.raises(UserError, match="does more than to resize by scale and keep_ratio"):
            tool.resizing(wrong)


def test_raw_images_need_no_attention(bundled, tmp_path):
    from tools import bundle

    argv = [str(bundled / "work"), "--variant", "raw", "--out", str(tmp_path / "raw"), "--device", "cpu"]
    bundle.main(argv)
    tool.main([str(tmp_path / "raw"), "--out", str(tmp_path / "graphs"), "--images", str(bundled / "set/images")])
    out = tmp_path / "out"
    shutil.copy(bundled / "set/images/7.png", tmp_path / "7.png")
    assert predict.main([str(tmp_path / "graphs"), str(tmp_path / "7.png"), "--onnx", "--out", str(out)]) == 0
    assert (out / "7_overlay.png").is_file()
