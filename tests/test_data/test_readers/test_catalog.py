"""Every reader keeps the one interface."""

import inspect
from pathlib import Path

import pytest

from data.readers.catalog import READERS
from data.readers.parts.errors import DatasetNotFound
from tests.paths import ROOT

FOLDER = ROOT / "data/readers"
NOT_DATA_SETS = {"__init__", "catalog", "reader"}
each_reader = pytest.mark.parametrize("reader", READERS.values(), ids=READERS)


def test_every_data_set_of_the_folder_is_listed_by_its_name():
    assert set(READERS) == {path.stem for path in FOLDER.glob("*.py")} - NOT_DATA_SETS
    assert all(inspect.getmodule(reader.read).__name__ == f"data.readers.{name}" for name, reader in READERS.items())


@each_reader
def test_read_takes_the_options_of_its_command(reader):
    names = list(inspect.signature(reader.read).parameters)
    assert names[0] == "src"
    assert set(names[1:]) == set(reader.option_names)
    assert set(inspect.signature(reader.check_source).parameters) <= set(names)


@each_reader
def test_a_missing_source_is_explained_without_any_option(reader, tmp_path):
    for function in (reader.check_source, reader.read):
        with pytest.raises(DatasetNotFound, match=r"(?s)nowhere.*Where to get it: .*Expected shape of the folder"):
            function(Path(tmp_path, "nowhere"))


@each_reader
def test_the_docstring_begins_with_the_name_of_the_set(reader):
    assert 20 < len(reader.description) < 130
    assert reader.description in inspect.getmodule(reader.read).__doc__
