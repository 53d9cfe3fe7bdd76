"""tools/table1_report.py: the command as a user calls it, and wrong calls."""

import json
from pathlib import Path

import pytest

from data.errors import UserError
from detect.table1 import measuring
from detect.table1.repeat_measures import measure_repeat
from tests.paths import ROOT
from tools import table1_report as tool
from tools.command_line.versions import own_version


@pytest.fixture
def files(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    images = [{"id": i, "file_name": f"{i}.png", "width": 90, "height": 90, "patient_id": f"p{i}"} for i in range(12)]
    boxes = [{"id": i + 1, "image_id": i, "category_id": 1, "bbox": [0, 0, 30, 30], "area": 900} for i in range(10)]
    truth = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "x"}]}

    def box(i: int, score: float, x: int = 0) -> dict:
        return {"image_id": i, "category_id": 1, "bbox": [x, 0, 30, 30], "score": score}

    false = [box(i, 0.5, 50) for i in range(12)]
    contents = {
        "gt": truth,
        "negatives": truth | {"annotations": []},
        "raw": [box(0, 0.9), *false],
        "raw1": [box(0, 0.9), box(1, 0.8), *false],
        "new": [box(i, 0.9) for i in range(9)] + false,
        "new1": [box(i, 0.9) for i in range(8)] + false,
        "low": [box(i, 0.9) for i in range(4)] + false[:4],
        "high": [box(i, 0.9) for i in range(4, 9)] + false[4:],
        "whole": [box(i, 0.9) for i in range(9)] + false,
        "bad": [box(99, 0.9)],
        "manifest": {"seconds_per_image": 0.5},
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


ROWS = ["faster_rcnn/raw=raw.json", "faster_rcnn/raw=raw1.json", "faster_rcnn/cawe=new.json"]
MORE = ["faster_rcnn/cawe=new1.json", "retinanet/raw=whole.json"]


def call(*more: str) -> dict:
    tool.main(["--ann", "gt.json", "--out", "out", *more])
    return json.loads(Path("out/table1.json").read_text())


def test_the_command(files: Path, capsys) -> None:
    negatives = ["--negatives", "negatives.json", "--negatives-pred", "faster_rcnn/raw=raw.json"]
    command = ["--ann", "gt.json", "--out", "out", "--pred", *ROWS, "--pred", *MORE, *negatives]
    command += ["faster_rcnn/raw=raw1.json", "--cost", "cawe=manifest.json", "--title", "Mine", "--bootstrap", "200"]
    command += ["--published", str(ROOT / "configs/workflow/published_table1.json")]
    tool.main(command)
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == f"report: {Path('out/index.html')}"
    assert "| Faster R-CNN + CAWE | **85.0 [" in out and "note: How far trainings spread" in err
    assert "Trained once: RetinaNet." in out and "is significant (p (Holm) below .05): Faster" in out
    report = json.loads((files / "out/table1.json").read_text())
    values = {key: row["sens_at"]["1"]["value"] for key, row in report["rows"].items()}
    assert values == pytest.approx({"faster_rcnn/raw": 0.15, "faster_rcnn/cawe": 0.85, "retinanet/raw": 0.9})
    (entry,) = [e for e in report["differences"] if e["at"] == "1"]
    assert entry["difference"] == pytest.approx(0.7) and entry["p_holm"] < 0.05
    assert report["costs"] == {"cawe": 0.5} and report["published"]["rows"]["faster_rcnn/raw"][0] == 60.4
    rates = report["negatives"]["rows"]["faster_rcnn/raw"]
    assert rates["repeats"][0] == pytest.approx(
        [13 / 12] * 4
    )  # every box is false there, also the one that found a lesion
    assert report["inputs"]["pred"] == [*ROWS, *MORE] and report["inputs"]["version"] == own_version()
    paths = {"ann": "gt.json", "negatives": "negatives.json", "published": command[-1]}
    assert paths.items() <= report["inputs"].items()
    assert "titles" not in report
    assert "Mine" in (files / "out/index.html").read_text()


def test_titles_stand_wherever_readers_look(files: Path, capsys) -> None:
    pairs = ["mine/raw=raw.json", "mine/cawe=new.json", "mine/cawe=new1.json", *ROWS]
    report = call("--pred", *pairs, "--titles", "mine=My net", "mine/cawe=My net, guided", "--bootstrap", "50")
    assert {key: row["name"] for key, row in report["rows"].items()} == {
        "mine/raw": "My net",
        "mine/cawe": "My net, guided",
        "faster_rcnn/raw": "Faster R-CNN",
        "faster_rcnn/cawe": "Faster R-CNN + CAWE",
    }
    printed = capsys.readouterr()
    assert "My net: by the mean of Sens@N My net, guided is above raw." in printed.out and "mine" not in printed.out
    assert "(My net, Faster R-CNN)" in printed.err
    page = Path("out/index.html").read_text()
    assert "My net, guided" in page and ">My net<" in page


def test_the_defaults(files: Path) -> None:
    report = call("--pred", *ROWS)
    wanted = {"iou_thr": 0.5, "matching": "iou", "fppi": [1, 2, 3, 4], "bootstrap": 1000, "seed": 0}
    assert wanted.items() <= report["settings"].items()
    assert report["negatives"] is None and report["published"] is None and report["costs"] == {}


def test_joined_folds_count_as_one_file(files: Path) -> None:
    folds, whole = (call("--pred", f"g/raw={files}")["rows"] for files in ("low.json+high.json", "whole.json"))
    assert folds == whole


def test_the_wrong_category_finds_a_lesion_only_where_classes_are_pooled(files: Path) -> None:
    truth = json.loads(Path("gt.json").read_text())
    truth["categories"].append({"id": 2, "name": "y"})
    Path("gt.json").write_text(json.dumps(truth))
    boxes = json.loads(Path("new.json").read_text())  # nine hits, then twelve false positives
    Path("new.json").write_text(json.dumps([b | {"category_id": 1 + (i < 4)} for i, b in enumerate(boxes)]))
    found = {
        classes: call("--pred", "g/raw=new.json", "--classes", classes)["rows"]["g/raw"]["sens_at"]["4"]["value"]
        for classes in ("separate", "pooled")
    }
    assert found == {"separate": 0.5, "pooled": 0.9}


def test_a_row_of_several_groups_is_counted_once_and_has_one_interval(files: Path, monkeypatch) -> None:
    counted = []

    def measure(ranked, settings, weights, with_band):
        counted.append(with_band)
        return measure_repeat(ranked, settings, weights, with_band)

    monkeypatch.setattr(measuring, "measure_repeat", measure)
    pairs = ["x/cawe=new.json", "x/cawe=new1.json", "x/raw=raw.json", "x/raw=raw1.json", "x/low=low.json"]
    own = [*ROWS, "faster_rcnn/cawe=new1.json", *pairs]
    other = ["--negatives", "negatives.json", "--negatives-pred", *own]
    report = call("--pred", *own, *other)
    assert counted == [True, True, True, True, False]  # either row is a baseline, "low" is not
    for row in ("raw", "cawe"):
        ours, theirs = report["rows"][f"faster_rcnn/{row}"], report["rows"][f"x/{row}"]
        assert ours["sens_at"] == theirs["sens_at"]
        negatives = report["negatives"]["rows"]
        assert negatives[f"faster_rcnn/{row}"] == negatives[f"x/{row}"]


def test_what_a_file_on_lesion_free_images_lacks_is_noted(files: Path) -> None:
    more = ["--negatives", "negatives.json", "--negatives-pred", "g/raw=low.json"]
    notes = call("--pred", "g/raw=whole.json", *more)["notes"]
    assert any("g/raw (low.json): 8 of 12 images have no detection; was the file cut" in note for note in notes)


def test_the_same_call_gives_the_same_numbers_and_another_seed_others(files: Path) -> None:
    first, second = (call("--pred", *ROWS, "--bootstrap", "50") for _ in range(2))
    assert first == second
    other = call("--pred", *ROWS, "--bootstrap", "50", "--seed", "1")
    assert other["rows"]["faster_rcnn/cawe"]["sens_at"] != first["rows"]["faster_rcnn/cawe"]["sens_at"]


@pytest.mark.parametrize(
    "options, message",
    [
        (["--pred", "raw.json"], "write GROUP/ROW=PRED.json"),
        (["--pred", "g/raw=gone.json"], "gone.json: no such results file"),
        (["--pred", "g/raw=bad.json"], r"g/raw \(bad.json\): 1 image ids are not in the ground truth"),
        (["--pred", "g/raw=raw.json+low.json"], "low.json: the image 0 has detections in raw.json too"),
        (["--pred", "g/raw=low.json+high.json", "g/new=low.json"], "g/new=low.json: 1 fold.s., but 2 in g/raw="),
        (["--pred", *ROWS, "--fppi", "0"], "give rates above 0"),
        (["--pred", *ROWS, "--cost", "x=manifest.json"], "the row x is none of cawe, raw"),
        (["--pred", *ROWS, "--titles", "x=X"], "--titles x=X: x is none of faster_rcnn, faster_rcnn/cawe"),
        (["--pred", *ROWS, "--published", "raw.json"], "raw.json: --published takes a JSON object"),
        (["--pred", *ROWS, "--negatives", "negatives.json"], "--negatives and --negatives-pred belong together"),
        (["--pred", *ROWS, "--negatives-pred", "g/raw=raw.json"], "belong together"),
        (
            ["--pred", *ROWS, "--negatives", "gt.json", "--negatives-pred", "faster_rcnn/cawe=raw.json"],
            "gt.json: 10 annotations, but these images should have no lesion",
        ),
        (
            ["--pred", *ROWS, "--negatives", "negatives.json", "--negatives-pred", "faster_rcnn/raw=raw.json"],
            "faster_rcnn/raw: 1 repeats, but 2",
        ),
        (["--pred", *ROWS, "--out", "gt.json/out"], "gt.json is a file"),
    ],
)
def test_wrong_calls_write_nothing(files: Path, options, message) -> None:
    with pytest.raises(UserError, match=message):
        tool.main(["--ann", "gt.json", "--out", "out", *options])
    assert not (files / "out").exists()


def test_leaks_are_the_first_note(files: Path, capsys) -> None:
    (files / "leaks.json").write_text(json.dumps({"notes": ["3 images of gt.json are among ..."]}))
    tool.main(["--ann", "gt.json", "--pred", *ROWS, *["--out", "out", "--bootstrap", "20", "--leaks", "leaks.json"]])
    assert "note: 3 images of gt.json are among ...\n" in capsys.readouterr().err
    assert json.loads((files / "out/table1.json").read_text())["notes"][0] == "3 images of gt.json are among ..."
