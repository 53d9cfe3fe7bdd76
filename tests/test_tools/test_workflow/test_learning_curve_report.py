"""tools/workflow/learning_curve_report.py: the command as a user calls it, and wrong calls."""

import json
from pathlib import Path

import pytest

from data.errors import MissingFileError, UserError
from tools.command_line.versions import own_version
from tools.workflow import learning_curve_report as tool

FOUND = {"4/raw": (2, 3), "4/cawe": (6, 6), "all/raw": (6, 6), "all/cawe": (9, 9), "2/raw": (1, 1), "2/cawe": (2, 3)}
"""Lesions of ten that each training finds."""


def coco(number: int, lesions: int) -> dict:
    images = [
        {"id": i, "file_name": f"{i}.png", "width": 90, "height": 90, "patient_id": f"p{i}"} for i in range(number)
    ]
    boxes = [{"id": i, "image_id": i, "category_id": 1, "bbox": [0, 0, 30, 30], "area": 900} for i in range(lesions)]
    return {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "x"}]}


@pytest.fixture
def predictions(tmp_path: Path, monkeypatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    Path("gt.json").write_text(json.dumps(coco(12, 10)))
    Path("train.json").write_text(json.dumps(coco(8, 6)))
    items = []
    for name, repeats in FOUND.items():
        for seed, found in enumerate(repeats):
            file = Path(f"{name.replace('/', '_')}_{seed}.json")
            box = {"category_id": 1, "bbox": [0, 0, 30, 30], "score": 0.9}
            file.write_text(json.dumps([box | {"image_id": i} for i in range(found)]))
            items.append(f"{name}={file}")
    return items


def call(*options: str) -> None:
    tool.main(["--ann", "gt.json", "--train", "train.json", "--out", "out", "--bootstrap", "200", *options])


def test_the_command(predictions: list[str], capsys) -> None:
    call("--pred", *predictions, "--title", "Mine")
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == f"report: {Path('out/index.html')}"
    assert "**Worth in images of raw**" in out and "**Sens@N**" in out and "note: How far trainings spread" in err
    assert "CAWE is as good with 2 images as raw with 4 [" in out and "8 images as raw with at least 8 [" in out
    report = json.loads(Path("out/learning_curve.json").read_text())
    assert list(report["rows"]) == [f"{size}/{variant}" for size in ("2", "4", "all") for variant in ("raw", "cawe")]
    assert report["sizes"] == {"2": 2, "4": 4, "all": 8} and report["training"] == {"images": 8, "boxes": 6}
    worth = {entry["a"]: entry for entry in report["worth"] if entry["at"] == "mean"}
    assert worth["2/cawe"]["images"]["value"] == pytest.approx(4)  # 2.5 of 10, as raw with 4
    assert worth["4/cawe"]["images"]["value"] == pytest.approx(8) and worth["4/cawe"]["bound"] is None
    assert worth["4/cawe"]["times"]["value"] == pytest.approx(2)
    assert worth["4/cawe"]["boxes"]["value"] == pytest.approx(6)
    assert report["inputs"] == {"ann": "gt.json", "train": "train.json", "pred": predictions, "version": own_version()}
    assert "Mine" in Path("out/index.html").read_text()


def test_the_same_call_gives_the_same_numbers(predictions: list[str]) -> None:
    reports = []
    for seed in ("0", "0", "1"):
        call("--pred", *predictions, "--seed", seed)
        reports.append(json.loads(Path("out/learning_curve.json").read_text())["worth"])
    assert reports[0] == reports[1] != reports[2]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (["--pred", "raw.json"], UserError, "write GROUP/ROW=PRED.json"),
        (["--pred", "few/raw=4_raw_0.json"], UserError, "--pred few/...: write SIZE/VARIANT=PRED.json"),
        (["--pred", "4/raw=4_raw_0.json"], UserError, "one size is no curve"),
        (["--pred", "9/raw=4_raw_0.json", "2/raw=2_raw_0.json"], UserError, "below the 8 images of all"),
        (["--pred", "4/raw=gone.json", "2/raw=2_raw_0.json"], MissingFileError, "gone.json: no such results file"),
        (["--pred", "4/raw=4_raw_0.json", "--train", "gone.json"], MissingFileError, "gone.json: no such annotation"),
        (
            ["--pred", "4/raw=4_raw_0.json", "2/raw=2_raw_0.json", "--out", "gt.json/out"],
            UserError,
            "gt.json is a file",
        ),
    ],
)
def test_wrong_calls_write_nothing(predictions: list[str], options, error, message) -> None:
    with pytest.raises(error, match=message):
        call(*options)
    assert not Path("out").exists()


def test_leaks_are_the_first_note(predictions: list[str], capsys) -> None:
    Path("leaks.json").write_text(json.dumps({"notes": ["3 images of gt.json are among ..."]}))
    call("--pred", *predictions, "--leaks", "leaks.json")
    assert "note: 3 images of gt.json are among ...\n" in capsys.readouterr().err
    assert json.loads(Path("out/learning_curve.json").read_text())["notes"][0] == "3 images of gt.json are among ..."
