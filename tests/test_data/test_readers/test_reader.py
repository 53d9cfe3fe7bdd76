"""What a reader says of itself."""

from data.readers.reader import Reader, SourceData


def check_source(src):
    raise AssertionError


def read(src, some_table=None, lung_roi=False):
    return SourceData({"all": []})


def test_description_and_options():
    def add_options(parser):
        parser.add_argument("--some-table", help="a table")
        parser.add_argument("--lung-roi", action="store_true")

    reader = Reader("hearts", "Hearts (2020): 5 images.\n\nMore about them.", check_source, read, add_options)
    assert reader.description == "Hearts (2020): 5 images"
    assert reader.option_names == ["some_table", "lung_roi"]
    assert Reader("hearts", "Hearts.", check_source, read).option_names == []


def test_a_source_is_gray_and_without_labels_unless_it_says_so():
    source = SourceData({"all": []})
    assert (source.categories, source.label_names, source.color, source.min_chroma) == ((), None, False, None)
