"""tools/froc_report.py: the command as a user calls it, and wrong calls."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from data.errors import UserError
from tools import froc_report as tool
from tools.command_line.versions import own_version


@pytest.fixture
def files(tmp_path: Path) -> Path:
    images = [
        {"id": i, "file_name": f"{i}.png", "width": 90, "height": 90, "patient_id": f"p{i // 2}"} for i in range(4)
    ]
    boxes = [
        {"id": i + 1, "image_id": i, "category_id": 1, "bbox": [0, 0, 30, 30], "area": 900, "iscrowd": 0}
        for i in range(2)
    ]
    truth = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "x"}]}
    hit = {"image_id": 0, "category_id": 1, "bbox": [0, 0, 30, 30], "score": 0.9}
    small_hit = {"image_id": 1, "category_id": 1, "bbox": [10, 10, 5, 5], "score": 0.8}
    for name, content in {
        "gt": truth,
        "a": [hit],
        "b": [hit, small_hit],
        "none": [],
        "bad": [hit | {"image_id": 9}],
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    for name in ("examples", 0, 1, 2, 3):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.zeros((90, 90), np.uint8))
    (tmp_path / "examples.txt").write_text("A caption.")
    return tmp_path


def test_the_command(files: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(files)
    command = ["--ann", "gt.json", "--pred", "A=a.json", "B=b.json"]
    counting = "--matching center --fppi 0.5 1 --bootstrap 20 --seed 3 --interval bca --duplicates ignore"
    more = "--pred C=none.json --out out --size-edges 10 20 --images . --gallery-num 2"
    command += [*counting.split(), *more.split()]
    command += ["--figure", "examples.png", "--title", "Mine"]
    tool.main(command)
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1] == f"report: {Path('out/index.html')}"
    assert "note: C (none.json) has no detections" in printed.err
    report = json.loads((files / "out/froc.json").read_text())
    assert report["settings"] == {
        "iou_thr": 0.5,
        "matching": "center",
        "fppi": [0.5, 1],
        "bootstrap": 20,
        "seed": 3,
        "duplicates": "ignore",
        "classes": "separate",
        "interval": "bca",
        "size_edges": [10, 20],
        "size_unit": "px",
    }
    assert list(report["systems"]) == ["A", "B", "C"]
    assert [s["sens_at"]["1"]["value"] for s in report["systems"].values()] == [0.5, 1.0, 0.0]
    pred = {"A": "a.json", "B": "b.json", "C": "none.json"}
    assert report["inputs"] == {"ann": "gt.json", "pred": pred, "version": own_version()}
    page = (files / "out/index.html").read_text()
    assert "<title>Mine</title>" in page and "A caption." in page
    assert "2 of 4 images" in page and page.count("data:image/jpeg") == 2
    assert "python tools/froc_report.py --ann gt.json --pred A=a.json B=b.json" in page


def test_the_defaults_are_the_contract(files: Path) -> None:
    tool.main(["--ann", str(files / "gt.json"), "--pred", f"B={files / 'b.json'}", "--out", str(files / "out")])
    report = json.loads((files / "out/froc.json").read_text())
    contract = {"iou_thr": 0.5, "matching": "iou", "fppi": [1, 2, 3, 4], "bootstrap": 1000, "seed": 0}
    assert contract.items() <= report["settings"].items()
    assert list(report["systems"]["B"]["sens_at"]) == ["1", "2", "3", "4"]
    assert report["systems"]["B"]["sens_at"]["1"]["value"] == 0.5


@pytest.mark.parametrize(
    ("pred", "more", "message"),
    [
        (["A=a.json", "A=b.json"], [], "the name A is given twice"),
        (["a.json"], [], "write NAME=PRED.json"),
        (["A=gone.json"], [], "gone.json: no such results file"),
        (["A=gt.json"], [], "gt.json: a COCO results file is a list"),
        (["A=a.json", "X=bad.json"], [], r"X \(bad.json\): 1 image ids are not in the ground truth, for example 9"),
        (["A=a.json"], ["--iou-thr", "0"], "IoU threshold"),
        (["A=a.json"], ["--fppi", "0"], "false-positive rates"),
        (["A=a.json"], ["--size-edges", "9", "3"], "size edges are .9, 3.; give rising finite sizes"),
        (["A=a.json"], ["--size-unit", "mm"], "2 images with lesions have no pixel_spacing .*, the first is 0.png"),
        (["A=gone.json"], ["--images", "gone"], "--images gone: no such folder"),
        (["A=gone.json"], ["--images", "gt.json"], "--images gt.json: no such folder"),
        (["A=a.json"], ["--images", "empty"], "empty/1.png: no such image; --images is the folder"),
        (["A=gone.json"], ["--out", "gt.json"], "--out gt.json: gt.json is a file; give a folder"),
        (["A=gone.json"], ["--out", "gt.json/a/b"], "--out gt.json/a/b: gt.json is a file; give a folder"),
        (["A=gone.json"], ["--gallery-num", "0"], "--gallery-num 0: give at least 1"),
        (["A=gone.json"], ["--gallery-fppi", "0"], "--gallery-fppi 0: give a rate above 0"),
        (["A=gone.json"], ["--gallery-fppi", "nan"], "--gallery-fppi nan: give a rate above 0"),
        (["A=a.json"], ["--seed", "-1"], "the seed is -1; give 0 or more"),
        (["A=a.json"], ["--figure", "gone.png"], "gone.png: no such picture"),
        (["A=a.json"], ["--ann", "gone.json"], "gone.json: no such annotation file"),
        (["A=a.json"], ["--ann", "examples.txt"], "examples.txt: not a JSON file"),
    ],
)
def test_wrong_calls_write_nothing(files: Path, monkeypatch, pred, more, message) -> None:
    monkeypatch.chdir(files)
    (files / "empty").mkdir()
    with pytest.raises(UserError, match=message):
        tool.main(["--ann", "gt.json", "--out", "out", "--pred", *pred, *more])
    assert not (files / "out").exists()


def call(files: Path, *more: str) -> dict:
    tool.main(
        ["--ann", str(files / "gt.json"), "--pred", f"B={files / 'b.json'}", "--out", str(files / "out"), *more]
        + ["--bootstrap", "5"]
    )
    return json.loads((files / "out/froc.json").read_text())


def test_what_is_no_number_is_called_so(files: Path, capsys) -> None:
    with pytest.raises(SystemExit):
        call(files, "--fppi", "a")
    assert "argument --fppi: invalid number value: 'a'" in capsys.readouterr().err


def test_sizes_in_mm_have_edges_in_mm(files: Path) -> None:
    truth = json.loads((files / "gt.json").read_text())
    for image in truth["images"]:
        image["pixel_spacing"] = [0.5, 0.5]
    (files / "gt.json").write_text(json.dumps(truth))
    report = call(files, "--size-unit", "mm")
    assert report["settings"]["size_edges"] == [10, 30]
    assert [s["name"] for s in report["systems"]["B"]["sizes"]] == ["< 10 mm", "10–30 mm", "≥ 30 mm"]
    assert [s["num_lesions"] for s in report["systems"]["B"]["sizes"]] == [0, 2, 0]


def test_leaks_are_the_first_note(files: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(files)
    (files / "leaks.json").write_text(json.dumps({"notes": ["3 images of gt.json are among ..."]}))
    tool.main(["--ann", "gt.json", "--pred", "A=a.json", "--out", "out", "--bootstrap", "20", "--leaks", "leaks.json"])
    assert capsys.readouterr().err.startswith("note: 3 images of gt.json are among ...\n")
    assert json.loads((files / "out/froc.json").read_text())["notes"][0] == "3 images of gt.json are among ..."
    assert "3 images of gt.json are among ..." in (files / "out/index.html").read_text()
