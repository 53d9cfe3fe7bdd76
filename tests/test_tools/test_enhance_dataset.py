"""`tools/enhance_dataset.py` as a user runs it."""

import json
import os
import subprocess
import sys

import cv2
import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from data.errors import MissingFileError
from tests.paths import ROOT
from tools import enhance_dataset

GRADIENT = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8)


CONFIGS = ROOT / "configs/enhance"


def run(*arguments) -> int:
    return enhance_dataset.main([*map(str, arguments), "--device", "cpu"])


def write_dicom(path, pixels):
    dataset = pydicom.Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1", "1.2.3"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelData = pixels.tobytes()
    dataset.save_as(path, enforce_file_format=True)


@pytest.fixture
def five(tmp_path):
    """The mixed folder everybody has: DICOM, PNG, 16-bit PNG, a truncated JPEG and a text file named .dcm."""
    src = tmp_path / "src"
    src.mkdir()
    write_dicom(src / "a.dcm", GRADIENT)
    cv2.imwrite(str(src / "b.png"), GRADIENT)
    cv2.imwrite(str(src / "c.png"), GRADIENT.astype(np.uint16) * 257)
    content = cv2.imencode(".jpg", np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8))[1].tobytes()
    (src / "d.jpg").write_bytes(content[: len(content) // 2])
    (src / "e.dcm").write_text("this is not a DICOM file")
    return src


def test_three_of_five_are_enhanced_and_two_are_in_the_manifest(five, capsys):
    dst = five.parent / "dst"
    assert run(CONFIGS / "gray.py", five, dst) == 0
    out, err = capsys.readouterr()
    files = json.loads((dst / "enhance_manifest.json").read_text())["files"]
    assert {name: entry["status"] for name, entry in files.items()} == {
        "a.dcm": "enhanced", "b.png": "enhanced", "c.png": "enhanced", "d.jpg": "failed", "e.dcm": "failed"
    }  # fmt: skip
    assert "truncated" in files["d.jpg"]["reason"]
    assert "e.dcm" in files["e.dcm"]["reason"]
    assert "3 images enhanced, 2 failed" in out
    assert "truncated" in err
    for name in "abc":
        assert np.array_equal(cv2.imread(str(dst / f"{name}.png")), np.stack([GRADIENT] * 3, axis=2))
    assert run(CONFIGS / "gray.py", five, dst, "--strict") == 1
    assert run(dst / "recipe.py", five, five.parent / "again") == 0


def test_nothing_that_could_be_enhanced_is_a_failure(five):
    for name in ("a.dcm", "b.png", "c.png"):
        (five / name).write_bytes(b"damaged")
    assert run(CONFIGS / "gray.py", five, five.parent / "dst") == 1


def test_listed_images_that_are_not_there_are_said_and_strict_fails(five, capsys):
    (five / "train.json").write_text('{"images": [{"file_name": "b.png"}, {"file_name": "gone.png"}]}')
    assert run(CONFIGS / "gray.py", five, five.parent / "dst") == 0
    assert "train.json lists 1 images without an enhanced one, gone.png first" in capsys.readouterr().err
    assert run(CONFIGS / "gray.py", five, five.parent / "dst", "--strict") == 1


def test_dicoms_as_a_pacs_exports_them(tmp_path, capsys):
    """Names without a suffix, and UIDs, whose last number is no suffix."""
    src = tmp_path / "src"
    src.mkdir()
    for name in ("IM000001", "1.2.840.5", "1.2.840.6"):
        write_dicom(src / name, GRADIENT)
    images = [dict(id=1, file_name="1.2.840.5", height=40, width=60)]
    (src / "train.json").write_text(json.dumps(dict(images=images, annotations=[], categories=[])))
    run(CONFIGS / "gray.py", src, tmp_path / "dst")
    assert "3 images enhanced, 0 failed" in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "dst").glob("*.png")} == {
        "IM000001.png",
        "1.2.840.5.png",
        "1.2.840.6.png",
    }
    assert json.loads((tmp_path / "dst/train.json").read_text())["images"][0]["file_name"] == "1.2.840.5.png"


ENHANCE = """
from pathlib import Path
from tools.enhance_dataset import main, run
try:
    run(main)
finally:
    threads = [thread.read_text() for thread in Path("/proc/self/task").glob("*/comm")]
    assert not [thread for thread in threads if "gloo" in thread]  # now and then they abort the end of Python
"""


def test_shards_under_torchrun_make_the_same_data_set(five):
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    script = five.parent / "enhance_and_look.py"
    script.write_text(ENHANCE)
    command = [*launcher, script, CONFIGS / "gray.py", five, five.parent / "shards"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    result = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, env=environment)
    assert result.returncode == 0, result.stderr
    assert run(CONFIGS / "gray.py", five, five.parent / "single") == 0
    manifests = [
        json.loads((five.parent / name / "enhance_manifest.json").read_text()) for name in ("shards", "single")
    ]
    assert all(manifest.pop("seconds_per_image") > 0 for manifest in manifests)
    assert manifests[0] == manifests[1]
    for name in "abc":
        assert (five.parent / f"shards/{name}.png").read_bytes() == (five.parent / f"single/{name}.png").read_bytes()


@pytest.mark.parametrize(
    ("config", "message"),
    [("none.py", "none.py: no such config file"), ("color_cawe.py", "tools/train.py")],
)
def test_errors_say_what_to_do(five, config, message, monkeypatch):
    monkeypatch.chdir(ROOT)  # recipes name configs from there
    with pytest.raises(MissingFileError, match=message):
        run(CONFIGS / config, five, five.parent / "dst")
    assert not (five.parent / "dst").exists()


def test_a_fixed_colormap_and_its_saved_recipe(five):
    """No weights anywhere; the recipe beside the images makes the same ones and is known as the same enhancer."""
    first, again = five.parent / "first", five.parent / "again"
    assert run(CONFIGS / "jet.py", five, first) == 0
    manifest = json.loads((first / "enhance_manifest.json").read_text())
    colorizer = dict(type="PseudoColor", colormap="jet")
    assert manifest["enhancer"] == dict(enhancer=dict(type="Enhancer", colorizer=colorizer), weights_sha256={})
    assert run(first / "recipe.py", five, again) == 0
    assert (first / "b.png").read_bytes() == (again / "b.png").read_bytes()
    assert cv2.imread(str(first / "b.png"))[0, 0].tolist() == [128, 0, 0]  # jet of black: BGR of a dark blue
    assert run(first / "recipe.py", five, first) == 0
