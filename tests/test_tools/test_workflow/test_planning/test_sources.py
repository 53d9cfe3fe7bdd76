"""tools/workflow/planning/sources.py: all missing data sets in one error."""

import pytest

from data.errors import MissingFileError
from data.readers.catalog import READERS
from tests.test_tools.test_workflow.workflow_cases import real_plan, toy_plan
from tools.workflow.planning.sources import check_sources


def test_every_missing_set_is_named_once(tmp_path):
    with pytest.raises(MissingFileError) as error:
        check_sources(real_plan("paper", data_root=str(tmp_path)))
    text = str(error.value)
    for word in ("CheXpert", "ImageNet", "RSNA", "stage_2_train_labels.csv", str(tmp_path)):
        assert word in text
    assert text.count("Where to get it") == 3


def test_folders_that_are_there_are_not_opened(tmp_path):
    for folder in ("CheXpert-v1.0-small", "imagenet", "rsna"):
        (tmp_path / folder).mkdir()
    check_sources(real_plan("paper", data_root=str(tmp_path)))


def test_a_set_in_coco_form_is_known_by_its_file(tmp_path):
    (tmp_path / "mine").mkdir()
    changes = dict(classifier=None, colorizer=None, detection={"source": "mine", "train": "a.json", "test": "b.json"})
    plan = toy_plan(data_root=str(tmp_path), about="Mine", **changes)
    with pytest.raises(MissingFileError, match=r"no a.json.\nWhere to get it: Mine\n[^!]*--config data_root=PATH"):
        check_sources(plan)
    (tmp_path / "mine/a.json").write_text("{}")
    check_sources(plan)


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_says_what_it_misses(reader, tmp_path):
    changes = dict(classifier=None, colorizer=None, detection={"reader": reader, "source": "mine"})
    with pytest.raises(MissingFileError, match=f"not found at {tmp_path / 'mine'}"):
        check_sources(toy_plan(data_root=str(tmp_path), **changes))


def test_a_phantom_is_not_there_yet(tmp_path):
    check_sources(toy_plan(data_root=str(tmp_path), phantom="--size 64"))
