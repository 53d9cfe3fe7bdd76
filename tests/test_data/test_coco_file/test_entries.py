"""Images and categories of COCO files of other people's making."""

import math
from pathlib import Path

import pytest

from data.coco_file.entries import as_number, mend_categories, mend_images
from data.errors import UserError

FILE = Path("folder/train.json")


def image(number=1, name="a.png", **changes):
    return {"id": number, "file_name": name, "width": 10, "height": 8, **changes}


def images(*entries, path=FILE):
    return mend_images(path, entries)


def categories(*entries, used=()):
    return mend_categories(FILE, entries, [{"category_id": number} for number in used])


def refused(function, *entries, **options):
    with pytest.raises(UserError) as error:
        function(*entries, **options)
    text = str(error.value)
    assert text.startswith("folder/train.json: ")
    return text.removeprefix("folder/train.json: ")


@pytest.mark.parametrize(
    ("value", "number"), [("12", 12), (" -3 ", -3), (4.0, 4), (4.5, 4.5), ("1e3", "1e3"), (None, None), ("²", "²")]
)
def test_whole_numbers(value, number):
    assert as_number(value) == number and type(as_number(value)) is type(number)


def test_images_as_they_should_be_stay_and_the_callers_are_not_changed():
    given = [image(1, patient_id="p"), image("b", "b.png", width=10.5)]
    before = [dict(each) for each in given]
    assert images(*given) == (before, [])
    images(image(1.0, width="7"), path=FILE)
    assert given == before


def test_numbers_of_other_kinds_become_numbers():
    ((first, second), notes) = images(image(3.0, width="12", height=8.0), image(4, "b.png", height=" 9 "))
    assert (first["id"], first["width"], first["height"]) == (3, 12, 8) and second["height"] == 9
    assert type(first["id"]) is type(first["width"]) is int and not notes


@pytest.mark.parametrize("wrong", [None, True, [1], {"a": 1}, 1.5, math.nan])
def test_an_id_is_a_number_or_a_text(wrong):
    assert refused(images, image(wrong)).startswith(f"the image 'a.png' has the id {wrong!r}; give it")


def test_ids_that_are_the_same_number_are_refused():
    text = refused(images, image(1), image(1.0, "b.png"), image(2, "c.png"), image(2, "d.png"))
    assert text.startswith("2 image ids are used twice, the first is 1; give each its own")


@pytest.mark.parametrize("wrong", [None, "", "  ", 5, ["a.png"], "a\0.png"])
def test_a_file_name_is_a_path(wrong):
    assert refused(images, image(7, wrong)).startswith(f"the image 7 has the file_name {wrong!r}; write")


@pytest.mark.parametrize("other", ["a.png", "./a.png", "b/../a.png"])
def test_an_image_under_two_ids_is_refused(other):
    assert refused(images, image(1), image(2, other)).startswith("1 file_names are used twice, the first is 'a.png'")


@pytest.mark.parametrize("wrong", [None, "5o", 0, -5, [5], math.nan, math.inf, True])
@pytest.mark.parametrize("side", ["width", "height"])
def test_sizes_are_numbers_above_0(side, wrong):
    assert "write its size in pixels, two numbers above 0" in refused(images, image(**{side: wrong}))


def test_an_empty_cell_of_a_table_is_nobody():
    ((first, second), _) = images(image(patient_id=math.nan), image(2, "b.png", patient_id=7.0))
    assert "patient_id" not in first and second["patient_id"] == 7.0


def test_windows_paths_get_slashes_unless_there_is_such_a_file(tmp_path):
    (tmp_path / "c\\d.png").touch()
    mended, (note,) = images(image(1, "a\\b.png"), image(2, "c\\d.png"), path=tmp_path / "train.json")
    assert [each["file_name"] for each in mended] == ["a/b.png", "c\\d.png"]
    assert note.endswith('train.json: 1 file names have "\\": they are read with "/"')
    assert "file_names are used twice" in refused(images, image(1, "a\\b.png"), image(2, "a/b.png"))


def test_categories_of_other_kinds_of_numbers():
    assert categories({"id": "2", "name": "mass"}, {"id": 1.0, "name": "nodule"}) == (
        [{"id": 2, "name": "mass"}, {"id": 1, "name": "nodule"}],
        [],
    )


@pytest.mark.parametrize("wrong", ["mass", 1.5, None, True, [1], 2**70])
def test_category_ids_are_integers(wrong):
    text = refused(categories, {"id": wrong, "name": "mass"})
    assert text == f"the category id {wrong!r} is no integer (of 64 bits); number them 1, 2, ..."


def test_category_names_and_ids_are_there_once():
    mass = {"id": 1, "name": "mass"}
    assert "1 category names are used twice, the first is 'mass'" in refused(
        categories, mass, {"id": 2, "name": "mass"}
    )
    assert "1 category ids are used twice, the first is 1" in refused(categories, mass, {"id": "1", "name": "nodule"})
    assert "the category 3 has the name None; write a text" in refused(categories, mass, {"id": 3, "name": None})


def test_the_root_above_all_categories_is_left_out():
    root = {"id": 0, "name": "lesions", "supercategory": "none"}
    others = [
        {"id": 1, "name": "mass", "supercategory": "lesions"},
        {"id": 2, "name": "nodule", "supercategory": "lesions"},
    ]
    mended, (note,) = categories(root, *others, used=[1, 2])
    assert mended == others and "the category 'lesions' stands above all others" in note
    assert categories(root, *others, used=["0", 1]) == ([root, *others], [])  # it has boxes
    assert categories(root, others[0], others[1] | {"supercategory": "x"}, used=[1])[1] == []
    assert categories(root) == ([root], [])
    same = {"id": 1, "name": "lesions", "supercategory": "lesions"}
    assert categories(root, same, used=[1])[0] == [same]  # Roboflow's export of one class
