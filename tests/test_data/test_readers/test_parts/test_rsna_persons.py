"""The person table of the RSNA challenge."""

import gzip

import pytest

from data.errors import UserError
from data.readers.parts.rsna_persons import read_persons

TABLE = (
    "patientId,nih_image,class,match\na,00000007_000.png,Lung Opacity,exact\n"
    "b,00000007_003.png,Normal,exact\nc,00000007_004.png,Normal,doubtful\n"
)
PERSONS = {
    "a": ("00000007", {"rsna_class": "Lung Opacity"}),
    "b": ("00000007", {"rsna_class": "Normal"}),
    "c": ("image-c", {"rsna_class": "Normal"}),
}


def test_a_table_in_its_place_or_elsewhere(tmp_path):
    (tmp_path / "elsewhere.csv").write_text(TABLE)
    assert read_persons(tmp_path, tmp_path / "elsewhere.csv") == PERSONS
    with gzip.open(tmp_path / "stage_2_class_and_nih_image.csv.gz", "wt") as file:
        file.write(TABLE)
    assert read_persons(tmp_path, None) == PERSONS


def test_without_a_table_nobody_is_known(tmp_path):
    with pytest.warns(UserWarning, match="no person table.*--person-table"):
        assert read_persons(tmp_path, None) is None


def test_a_table_that_is_missing_or_has_other_columns(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.csv: not a readable CSV table"):
        read_persons(tmp_path, tmp_path / "nowhere.csv")
    (tmp_path / "a.csv").write_text("patientId,match\na,exact\n")
    with pytest.raises(UserError, match=r"a\.csv: no column nih_image, class"):
        read_persons(tmp_path, tmp_path / "a.csv")


def test_cells_as_people_write_them(tmp_path):
    table = tmp_path / "a.csv"
    table.write_text("patientId,nih_image,class,match\na, 00000007_000.png,,Exact\nb,,Normal,exact \nc,x,Normal,\n")
    persons = read_persons(tmp_path, table)
    assert persons["a"] == ("00000007", {"rsna_class": ""}) and persons["b"][0] == "image-b"
    assert persons["c"][0] == "image-c"
    table.write_text("patientId,nih_image,class,match\na,00000007_000.png,x,exact\na,00000008_000.png,x,exact\n")
    with pytest.raises(UserError, match="a.csv: image a is of 00000007 and of 00000008; remove one row"):
        read_persons(tmp_path, table)
