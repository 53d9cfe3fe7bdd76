from data.readers.parts.errors import DatasetNotFound


def test_the_text_has_name_place_problem_source_and_shape():
    error = DatasetNotFound("Hearts", "some/folder", "no table", "https://example.org", "  SRC/table.csv")
    assert isinstance(error, FileNotFoundError)
    assert str(error) == (
        "Hearts not found at some/folder: no table.\n"
        "Where to get it: https://example.org\n"
        "Expected shape of the folder:\n"
        "  SRC/table.csv"
    )
