"""Which files a row is made of, and files that are refused."""

import json
from pathlib import Path

import pytest

from detect.table1.row_files import baselines, read_costs, read_folds, read_published, row_files, same_rows
from tests.paths import ROOT

BOX = {"category_id": 1, "bbox": [0, 0, 1, 1], "score": 0.5}


def test_repeats_and_folds_in_the_order_given() -> None:
    rows = row_files(["g/raw=a+b", "h/x=p=1+q", "g/new=b+c", "g/raw=c+d", "g/new=e+f"])
    assert rows == {
        "g/raw": [(Path("a"), Path("b")), (Path("c"), Path("d"))],
        "h/x": [(Path("p=1"), Path("q"))],
        "g/new": [(Path("b"), Path("c")), (Path("e"), Path("f"))],
    }
    assert baselines(list(rows)) == {"g/raw": "g/raw", "h/x": "h/x", "g/new": "g/raw"}


@pytest.mark.parametrize(
    "items, message",
    [
        (["g/raw"], "write GROUP/ROW=PRED.json"),
        (["g/raw="], "write GROUP/ROW=PRED.json"),
        (["g/raw=a+"], "write GROUP/ROW=PRED.json"),
        (["raw=a"], r"--x raw=a: the row 'raw' has to be GROUP/ROW"),
        (["g/raw=a", "g/raw=a"], "a file of g/raw is given twice"),
        (["g/raw=a", "g/raw=b+a"], "a file of g/raw is given twice"),
        (["g/raw=a+a"], "a file of g/raw is given twice"),
        (["g/raw=a+b", "g/new=a"], r"--x g/new=a: 1 fold.s., but 2 in g/raw=a.b; . joins the files of all folds"),
        (["g/raw=a", "g/raw=b", "g/raw=c+d"], r"--x g/raw=c.d: 2 fold.s., but 1 in g/raw=a;"),
    ],
)
def test_wrong_items_are_refused(items, message) -> None:
    with pytest.raises(ValueError, match=message):
        row_files(items, "--x")


def test_a_path_with_a_plus_is_one_file_where_it_exists(tmp_path: Path) -> None:
    folder = tmp_path / "a+b"
    folder.mkdir()
    path = results(folder / "c+d.json", 1)
    assert row_files([f"g/raw={path}"]) == {"g/raw": [(path,)]}
    ((paths,),) = row_files([f"g/raw={folder / 'gone.json'}"]).values()
    with pytest.raises(FileNotFoundError, match=r"a: no such results file; \+ joins folds, so .*a\+b/gone.json is 2"):
        list(read_folds(paths))


def test_folds_may_be_more_than_a_path_can_hold() -> None:
    folds = [f"{'long' * 20}/{fold}.json" for fold in range(100)]
    assert row_files([f"g/raw={'+'.join(folds)}"]) == {"g/raw": [tuple(map(Path, folds))]}


def test_rows_of_the_same_files_are_the_first_of_them() -> None:
    rows = row_files(["g/raw=a", "g/new=b", "h/x=b", "h/raw=a", "h/raw=c"])
    assert same_rows(rows) == {"g/raw": "g/raw", "g/new": "g/new", "h/x": "g/new", "h/raw": "h/raw"}


def results(path: Path, *image_ids) -> Path:
    path.write_text(json.dumps([BOX | {"image_id": i} for i in image_ids]))
    return path


def test_folds_are_read_one_after_another(tmp_path: Path) -> None:
    folds = [results(tmp_path / "a.json", 1, 1, 2), results(tmp_path / "b.json"), results(tmp_path / "c.json", 3)]
    assert [entry["image_id"] for entry in read_folds(folds)] == [1, 1, 2, 3]


def test_an_image_of_two_folds_is_refused(tmp_path: Path) -> None:
    folds = [results(tmp_path / "a.json", 1, 2), results(tmp_path / "b.json", 3, 2)]
    with pytest.raises(ValueError, match=r"b.json: the image 2 has detections in .*a.json too"):
        list(read_folds(folds))


def test_entries_of_another_form_are_left_to_the_checks_of_detections(tmp_path: Path) -> None:
    for name, text in {"a": '[1, {"image_id": [1]}]', "b": '[1, {"image_id": [1]}]'}.items():
        (tmp_path / name).write_text(text)
    assert len(list(read_folds([tmp_path / "a", tmp_path / "b"]))) == 4


def test_published_numbers(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps({"source": "s", "rows": {"g/raw": [1, 2.5, 3, 4]}}))
    assert read_published(path) == {
        "source": "s",
        "note": "",
        "fppi": [1, 2, 3, 4],
        "rows": {"g/raw": [1, 2.5, 3, 4]},
    }


@pytest.mark.parametrize(
    "content, message",
    [
        ("[]", "takes a JSON object"),
        ("{", "not a JSON file"),
        ('{"rows": {}}', "write"),
        ('{"source": "s", "rows": {"g/raw": [1, 2]}}', "g/raw is .1, 2.; write 4 numbers"),
        ('{"source": "s", "rows": {"g/raw": [1, 2, 3, 104]}}', "from 0 to 100"),
        ('{"source": "s", "rows": {"g/raw": ["1", 2, 3, 4]}}', "from 0 to 100"),
        ('{"source": "s", "fppi": [1], "rows": {"g/raw": [1, 2]}}', "write 1 numbers"),
    ],
)
def test_published_numbers_of_another_form_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=f"p.json: .*{message}"):
        read_published(path)
    with pytest.raises(FileNotFoundError, match="no such file for --published"):
        read_published(tmp_path / "gone.json")


def test_costs_come_from_manifests(tmp_path: Path) -> None:
    for name, content in {"a": {"seconds_per_image": 0.25}, "b": {}}.items():
        (tmp_path / name).write_text(json.dumps(content))
    rows = ["g/raw", "g/cawe", "h/afda"]
    assert read_costs([f"cawe={tmp_path / 'a'}", f"afda={tmp_path / 'b'}"], rows) == {"cawe": 0.25, "afda": None}


@pytest.mark.parametrize(
    "items, message",
    [
        (["cawe"], "write ROW=enhance_manifest.json"),
        (["x=m"], "the row x is none of cawe, raw"),
        (["cawe=m", "cawe=m"], "the row cawe is given twice"),
        (["cawe=wrong"], "wrong: seconds_per_image is 'fast'"),
        (["cawe=true"], "true: seconds_per_image is True"),
    ],
)
def test_wrong_costs_are_refused(tmp_path: Path, monkeypatch, items, message) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {"m": 1, "wrong": "fast", "true": True}.items():
        Path(name).write_text(json.dumps({"seconds_per_image": value}))
    with pytest.raises(ValueError, match=message):
        read_costs(items, ["g/raw", "g/cawe"])


def test_the_published_table_of_the_paper_has_its_twelve_rows() -> None:
    path = ROOT / "configs/workflow/published_table1.json"
    rows = read_published(path)["rows"]
    assert len(rows) == 12
    gains = [
        round(a - b, 1)
        for g in ("faster_rcnn", "retinanet")
        for a, b in zip(rows[f"{g}/color_cawe"], rows[f"{g}/raw"], strict=True)
    ]
    assert gains == [7.3, 6.4, 5.1, 3.6, 6.8, 4.9, 5.5, 5.7]  # named in section 3.6
