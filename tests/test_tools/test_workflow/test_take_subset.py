"""tools/workflow/take_subset.py writes a smaller training file."""

import json
import random

import pytest

from data.coco_file.read import load_coco
from data.errors import MissingFileError, UserError
from data.splits.subsets import first_images
from tests.test_data.test_splits.test_folds import random_coco
from tools.workflow import take_subset


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "train.json"
    path.write_text(json.dumps(random_coco(random.Random(0))))
    return path


def test_the_file_has_the_first_images(train, tmp_path, capsys):
    out = tmp_path / "deep/seed3_n15.json"
    take_subset.main([str(train), "--size", "15", "--seed", "3", "--out", str(out)])
    wanted = first_images(load_coco(train), 15, 3)
    assert json.loads(out.read_text()) == wanted
    people, lesions = {image["patient_id"] for image in wanted["images"]}, len(wanted["annotations"])
    assert f"{out}: 15 images of {len(people)} patients, {lesions} lesions" in capsys.readouterr().out


def test_errors_name_the_file(train, tmp_path):
    with pytest.raises(UserError, match=r"train\.json: 41 of 40 images cannot be taken"):
        take_subset.main([str(train), "--size", "41", "--out", str(tmp_path / "out.json")])
    with pytest.raises(MissingFileError, match=r"gone\.json: no such annotation file"):
        take_subset.main([str(tmp_path / "gone.json"), "--size", "1", "--out", str(tmp_path / "out.json")])
    assert not (tmp_path / "out.json").exists()


def test_the_input_is_not_written_over(train):
    before = train.read_bytes()
    with pytest.raises(UserError, match=r"train\.json is read and would be written over"):
        take_subset.main([str(train), "--size", "15", "--out", str(train)])
    assert train.read_bytes() == before
