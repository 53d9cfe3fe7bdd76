"""tools/predict.py as a user runs it."""

import json
import os
import shutil

import numpy as np
import pytest

from data.errors import MissingFileError, UserError
from data.images.image_io import read_grayscale, write_image
from detect.bundle.files import pack
from tests.test_tools.test_privacy import dicom
from tools import enhance_dataset
from tools import predict as tool


@pytest.fixture
def images(bundled, tmp_path):
    """Two images and a broken one."""
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    shutil.copy(bundled / "set/images/7.png", folder / "a.png")
    shutil.copy(bundled / "set/images/8.png", folder / "deep/b.png")
    (folder / "c.png").write_bytes(b"broken")
    for file in folder.rglob("*.png"):
        os.utime(file, (10**9, 10**9))  # old enough for the journal
    return folder


def run(bundled, images, out, *options):
    return tool.main([str(bundled / "bundle"), str(images), "--out", str(out), "--device", "cpu", *options])


def test_a_folder(bundled, images, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(bundled, images, out, "--score-thr", "0", "--workers", "1") == 0
    printed = capsys.readouterr()
    assert "boxes in 2 images, 1 failed" in printed.out and "c.png" in printed.err
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.png")) == [
        *("a_enhanced.png", "a_overlay.png", "deep/b_enhanced.png", "deep/b_overlay.png")
    ]
    manifest = json.loads((out / "predict_manifest.json").read_text())
    assert manifest["bundle"] == "bundle" and manifest["score_thr"] == 0
    assert manifest["files"]["c.png"]["status"] == "failed"
    entries = json.loads((out / "predictions.json").read_text())
    assert {entry["file_name"] for entry in entries} == {"a.png", "deep/b.png"}
    assert all(0 <= entry["probability"] <= 1 and entry["category_id"] in (3, 5) for entry in entries)

    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.png")}
    assert run(bundled, images, out, "--score-thr", "0") == 0
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.png")} == before
    assert json.loads((out / "predictions.json").read_text()) == entries
    assert run(bundled, images, out, "--score-thr", "0", "--strict") == 1


def test_an_operating_point(bundled, images, tmp_path, capsys):
    froc = json.loads((bundled / "bundle/validation_froc.json").read_text())
    rate, point = next((rate, p) for rate, p in froc["points"].items() if p["threshold"] is not None)
    assert run(bundled, images / "a.png", tmp_path / "out", "--fp-per-image", rate) == 0
    printed = capsys.readouterr().out
    assert f"at most {rate} false positives an image: scores from {point['threshold']:.4f}, which found" in printed
    manifest = json.loads((tmp_path / "out/predict_manifest.json").read_text())
    assert manifest["operating_point"]["threshold"] == manifest["score_thr"] == point["threshold"]
    assert all(e["score"] >= point["threshold"] for e in json.loads((tmp_path / "out/predictions.json").read_text()))
    with pytest.raises(UserError, match="no threshold with 1e-06 false positives an image; give at least"):
        run(bundled, images / "a.png", tmp_path / "out", "--fp-per-image", "1e-6")


def test_a_zip_file_and_the_enhanced_images(bundled, tmp_path, capsys):
    """`tools/enhance_dataset.py` takes a bundle too, and makes the images that the detector was trained on."""
    pack(bundled / "bundle", tmp_path / "b.zip")
    argv = [str(tmp_path / "b.zip"), str(bundled / "set/images"), "--out", str(tmp_path / "out"), "--score-thr", "0.9"]
    assert tool.main([*argv, "--device", "cpu"]) == 0
    arguments = [str(tmp_path / "b.zip"), str(bundled / "set"), str(tmp_path / "enhanced"), "--device", "cpu"]
    assert enhance_dataset.main(arguments) == 0
    for number in range(1, 9):
        expected = (bundled / f"set_color_cawe/images/{number}.png").read_bytes()
        names = (tmp_path / f"enhanced/images/{number}.png", tmp_path / f"out/{number}_enhanced.png")
        for name in names:
            assert np.array_equal(read_grayscale(name), read_grayscale(bundled / f"set_color_cawe/images/{number}.png"))
        assert len(expected) > 100
    shutil.move(tmp_path / "enhanced", tmp_path / "moved")
    (tmp_path / "b.zip").unlink()
    again = [str(tmp_path / "moved/recipe.py"), str(bundled / "set"), str(tmp_path / "again"), "--device", "cpu"]
    assert enhance_dataset.main(again) == 0  # its weights lie beside it


def test_no_identifier_of_a_dicom_gets_out(bundled, tmp_path, capfd):
    """Where the workflow's own tests look too: tests/test_tools/test_privacy.py."""
    (tmp_path / "in").mkdir()
    planted = dicom(tmp_path / "in/scan.dcm")
    assert run(bundled, tmp_path / "in/scan.dcm", tmp_path / "out", "--score-thr", "0") == 0
    printed = "".join(capfd.readouterr()).encode()
    texts = [printed, *(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())]
    assert len(texts) > 4
    assert not [text for text in planted if any(text.encode() in content for content in texts)]


def test_wrong_calls(bundled, images, tmp_path):
    with pytest.raises(MissingFileError, match="no such bundle"):
        tool.main([str(tmp_path / "none"), str(images), "--out", str(tmp_path / "out")])
    with pytest.raises(UserError, match="is no bundle: it has no bundle.json"):
        tool.main([str(images), str(images), "--out", str(tmp_path / "out")])
    with pytest.raises(UserError, match="lies in .*in, where images are searched"):
        run(bundled, images, images / "out")
    with pytest.raises(SystemExit):
        run(bundled, images, tmp_path / "out", "--score-thr", "0", "--fp-per-image", "1")
    assert not (tmp_path / "out").exists()


def test_two_images_of_one_name(bundled, images, tmp_path):
    write_image(images / "d/a.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(UserError, match="would both become a.png"):
        tool.main(
            [str(bundled / "bundle"), str(images / "a.png"), str(images / "d/a.png"), "--out", str(tmp_path / "o")]
        )


def test_results_for_the_archive(bundled, images, tmp_path):
    """Asked for, the patient's data go into the DICOM results, and nowhere else; a second run does nothing."""
    pytest.importorskip("highdicom")
    planted = dicom(images / "scan.dcm")
    os.utime(images / "scan.dcm", (10**9, 10**9))
    out = tmp_path / "out"
    assert run(bundled, images, out, "--score-thr", "0", "--dicom") == 0
    made = sorted(path.name for path in out.glob("*.dcm"))
    assert made == ["scan_overlay.dcm", "scan_report.dcm"]
    others = [path.read_bytes() for path in out.rglob("*") if path.is_file() and path.suffix != ".dcm"]
    assert not [text for text in planted if any(text.encode() in content for content in others)]
    assert b"PLANTEDNAME^GIVENNAME" in (out / made[0]).read_bytes() and b"PLANTEDID0042" in (out / made[1]).read_bytes()
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*") if path.suffix in (".png", ".dcm")}
    assert run(bundled, images, out, "--score-thr", "0", "--dicom") == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before
    (out / made[1]).unlink()
    assert run(bundled, images, out, "--score-thr", "0", "--dicom") == 0
    assert (out / made[1]).is_file()
