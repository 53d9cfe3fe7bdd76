"""Persons by the names of images, or by DICOM headers."""

from argparse import ArgumentParser
from pathlib import Path

import pytest

from data.errors import UserError
from data.readers.parts.person_names import add_person_pattern, person_names
from tests.test_data.test_images.test_dicom import make


def test_the_first_group_is_the_person(tmp_path):
    persons = person_names(r"(\d+)_\d+")
    assert persons(tmp_path, Path("images/00000072_003.png")) == "00000072"
    with pytest.raises(UserError, match=r"finds nobody in images/a.png; write one that fits all names"):
        persons(tmp_path, Path("images/a.png"))
    assert person_names(r"images/(\w+)/")(tmp_path, Path("images/p7/1.png")) == "p7"


def test_without_a_pattern_the_header_decides(tmp_path):
    make(PatientID="0042").save_as(tmp_path / "a.dcm", enforce_file_format=True)
    make(PatientID="0042").save_as(tmp_path / "IM01", enforce_file_format=True)
    (tmp_path / "b.png").write_bytes((tmp_path / "a.dcm").read_bytes())
    persons = person_names(None)
    ids = [persons(tmp_path, Path(name)) for name in ("a.dcm", "IM01", "b.png")]
    assert ids[0] == ids[1] and ids[0].startswith("dicom-") and ids[2] is None


def test_wrong_patterns():
    with pytest.raises(UserError, match=r"--person-pattern '\(' is no regular expression"):
        person_names("(")
    with pytest.raises(UserError, match="has no group; put what names the person in parentheses"):
        person_names(r"\d+")
    parser = ArgumentParser()
    add_person_pattern(parser)
    assert parser.parse_args(["--person-pattern", "(a)"]).person_pattern == "(a)"
