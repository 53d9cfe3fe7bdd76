"""tools/workflow/split_folds.py writes a training and a test file for each fold."""

import json
from pathlib import Path

import pytest

from data.errors import MissingFileError, UserError
from tools.workflow import split_folds


@pytest.fixture
def ann(tmp_path):
    for name, start in (("train", 0), ("test", 6)):
        images = [
            {"id": i + 1, "file_name": f"{start + i}.png", "width": 9, "height": 9, "patient_id": f"p{start + i}"}
            for i in range(6)
        ]
        boxes = [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2], "area": 4, "iscrowd": 0}]
        coco = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "lesion"}]}
        (tmp_path / f"{name}.json").write_text(json.dumps(coco))
    return [str(tmp_path / "train.json"), str(tmp_path / "test.json")]


def test_files_of_all_folds(ann, tmp_path, capsys):
    split_folds.main([*ann, "--folds", "3", "--out", str(tmp_path / "folds")])
    files = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "folds").iterdir()}
    assert set(files) == {"all", *(f"fold{f}_{side}" for f in range(3) for side in ("train", "test"))}
    assert [len(files[f"fold{f}_test"]["images"]) for f in range(3)] == [4, 4, 4]
    assert len(files["all"]["images"]) == 12 and len(files["all"]["annotations"]) == 2
    output = capsys.readouterr().out
    assert "fold 0: 4 images" in output and "no patient_id" not in output


def test_unknown_patients_are_said(ann, tmp_path, capsys):
    coco = json.loads(Path(ann[0]).read_text())
    for image in coco["images"][:4]:
        del image["patient_id"]
    Path(ann[0]).write_text(json.dumps(coco))
    split_folds.main([*ann, "--folds", "3", "--out", str(tmp_path / "folds")])
    assert "4 images have no patient_id" in capsys.readouterr().out


def test_errors_are_one_line(ann, tmp_path):
    with pytest.raises(UserError, match="12 patients cannot be split into 20 folds"):
        split_folds.main([*ann, "--folds", "20", "--out", str(tmp_path / "folds")])
    with pytest.raises(MissingFileError, match=r"gone\.json: no such annotation file"):
        split_folds.main([str(tmp_path / "gone.json"), "--out", str(tmp_path / "folds")])
    assert not (tmp_path / "folds").exists()


def test_no_input_is_written_over(ann, tmp_path):
    Path(ann[1]).rename(tmp_path / "fold2_test.json")
    before = (tmp_path / "fold2_test.json").read_bytes()
    with pytest.raises(UserError, match=r"fold2_test\.json is read and would be written over"):
        split_folds.main([ann[0], str(tmp_path / "fold2_test.json"), "--folds", "3", "--out", str(tmp_path)])
    assert (tmp_path / "fold2_test.json").read_bytes() == before and not (tmp_path / "fold0_train.json").exists()
