"""Boxes that are none, and corners passed as sizes."""

import numpy as np
import pytest

from data.coco_file.boxes import box_array, check_inside, to_corners
from data.errors import UserError

SIZE = (100, 80)


def check(boxes, sizes=None) -> list[str]:
    boxes = np.array(boxes, float)
    return check_inside(
        boxes, np.array([SIZE] * len(boxes) if sizes is None else sizes, float).reshape(-1, 2), "p.json: detections"
    )


def true_boxes(count: int = 50) -> np.ndarray:
    """x, y, width, height anywhere in the image, the last ones along its right and lower edge."""
    rng = np.random.default_rng(0)
    sides = rng.uniform(5, 30, (count, 2))
    corner = rng.uniform(0, 1, (count, 2)) * (np.array(SIZE) - sides)
    corner[-20:] = np.array(SIZE) - sides[-20:]
    return np.concatenate([corner, sides], 1)


def test_boxes_become_an_array() -> None:
    assert box_array([[1, 2, 3, 4], [0.5, 0, 0, 7]], "x").tolist() == [[1, 2, 3, 4], [0.5, 0, 0, 7]]
    assert box_array([], "x").shape == (0, 4)
    assert to_corners(np.array([[1.0, 2, 3, 4]])).tolist() == [[1, 2, 4, 6]]


@pytest.mark.parametrize(
    "wrong",
    [
        [5, 5, -1, 3],
        ["5", "5", "3", "3"],
        [5, 5, 3, "3"],
        [5, 5, 3, 10**400],
        [5, 5, 3, -0.1],
        [5, 5, 3],
        [5, 5, 3, 3, 3],
        [],
        [5, float("nan"), 3, 3],
        [5, 5, float("inf"), 3],
        [5, None, 3, 3],
        ["a", 5, 3, 3],
        "5553",
        None,
        5,
        {"x": 5},
        [[5, 5], [3, 3]],
    ],
)
@pytest.mark.parametrize("others", [0, 2])
def test_a_wrong_box_is_named(wrong, others: int) -> None:
    boxes = [[0, 0, 1, 1]] * others + [wrong]
    with pytest.raises(ValueError) as error:
        box_array(boxes, "p.json: detection", first=7)
    form = "a box is [x, y, width, height], finite, sizes not negative"
    assert str(error.value) == f"p.json: detection {7 + others} has the box {wrong}; {form}"


def test_the_first_of_several_wrong_boxes_is_named() -> None:
    with pytest.raises(ValueError, match="box 1 has the box"):
        box_array([[0, 0, 1, 1], [0, 0, -1, 1], [0, 0, 1], [0, 0, -2, 1]], "box")


def test_true_boxes_at_the_edges_are_in_order() -> None:
    assert check(true_boxes()) == []
    assert check(np.zeros((0, 4))) == []
    # One pixel out is rounding, not a fault.
    assert check([[-1, -1, 102, 82]] * 20) == []


@pytest.mark.parametrize("count", [10, 50])
def test_corners_passed_as_sizes_are_refused(count: int) -> None:
    corners = to_corners(true_boxes(count))
    outside = (corners[:, :2] + corners[:, 2:] > np.array(SIZE) + 1).any(1).sum()
    with pytest.raises(ValueError) as error:
        check(corners)
    assert str(error.value) == (
        f"p.json: detections: {outside} of {count} boxes end beyond their images as [x, y, width, height], and none "
        "as [x1, y1, x2, y2]; COCO boxes are [x, y, width, height]: subtract x1 and y1 from the last two numbers"
    )


def test_few_boxes_are_no_proof_of_corners() -> None:
    notes = check(to_corners(true_boxes(30))[-9:])
    assert notes == [
        "p.json: detections: 9 of 9 boxes reach more than a pixel out of their images; "
        "were they made on images of another size, or written as [x1, y1, x2, y2]?"
    ]


def test_both_signs_are_needed() -> None:
    # A tenth leave the image and all are in order as corners: refused. Fewer than a tenth: a note.
    inside, beyond = [10, 10, 20, 20], [60, 50, 70, 60]
    with pytest.raises(ValueError, match="10 of 100 boxes end beyond"):
        check([beyond] * 10 + [inside] * 90)
    assert "9 of 100 boxes reach" in check([beyond] * 9 + [inside] * 91)[0]
    # Two boxes that are no corners, since x2 < x1 or y2 < y1: a note.
    no_corners = [[20, 10, 10, 20], [10, 20, 20, 10]]
    assert "50 of 100 boxes reach" in check([beyond] * 50 + [inside] * 48 + no_corners)[0]
    # Two that as corners leave the image: a note.
    assert "52 of 100 boxes reach" in check([beyond] * 50 + [inside] * 48 + [[60, 50, 102, 60], [60, 50, 70, 82]])[0]


@pytest.mark.parametrize(
    ("odd", "number_beyond", "as_corners"), [([20, 10, 10, 20], 50, "none"), ([60, 50, 102, 60], 51, "1")]
)
def test_one_odd_box_in_a_hundred_hides_no_corners(odd: list, number_beyond: int, as_corners: str) -> None:
    with pytest.raises(ValueError) as error:
        check([[60, 50, 70, 60]] * 50 + [[10, 10, 20, 20]] * 49 + [odd])
    assert f"detections: {number_beyond} of 100 boxes end beyond" in str(error.value)
    assert f"and {as_corners} as [x1, y1, x2, y2]" in str(error.value)


NORMALIZED = (
    "p.json: detections: all boxes end within 1.5 pixels of the corner; they look normalized: multiply by width"
)


@pytest.mark.parametrize("size", [SIZE, (16, 300)])
def test_normalized_boxes_are_refused(size: tuple) -> None:
    boxes = true_boxes(10) / [*SIZE, *SIZE]
    with pytest.raises(ValueError) as error:
        check(boxes, [size] * 10)
    assert str(error.value) == f"{NORMALIZED} and height of the image"
    # Nine are a note.
    assert check(boxes[1:], [size] * 9) == [f"{NORMALIZED} and height of the image"]


@pytest.mark.parametrize("end", [[0.6, 0, 1, 1], [0, 0.6, 1, 1]])
def test_a_single_box_in_pixels_says_that_none_is_normalized(end: list) -> None:
    boxes = [[0.5, 0.5, 1, 1]] * 19
    with pytest.raises(ValueError, match="look normalized"):
        check([*boxes, [0.5, 0.5, 1, 1]])
    assert check([*boxes, end]) == []


def test_on_tiny_images_small_boxes_are_no_sign() -> None:
    assert check([[0, 0, 1, 1]] * 20, [(100, 15)] * 20) == []


def test_boxes_of_a_larger_image_are_refused_and_few_are_noted() -> None:
    with pytest.raises(UserError, match="46 of 50 boxes .* they were made on images of another size: give"):
        check(true_boxes() * 2)
    notes = check(np.concatenate([true_boxes() * 2, true_boxes() / 2]))
    assert len(notes) == 1 and "were they made on images of another size, or" in notes[0]
    assert "9 of 9 boxes" in check([[90, 70, 20, 20]] * 9)[0]


def test_boxes_that_begin_before_the_image_are_noted() -> None:
    """That says nothing about corners: they begin before the image in either form."""
    assert "20 of 40 boxes reach" in check([[-1.1, 0, 5, 5], [10, 10, 5, 5]] * 20)[0]


def test_less_than_one_in_a_hundred_is_no_note() -> None:
    inside, beyond = [10, 10, 5, 5], [90, 70, 20, 20]
    assert check([beyond] + [inside] * 100) == []
    assert "1 of 100 boxes" in check([beyond] + [inside] * 99)[0]


def test_each_box_is_held_against_its_own_image() -> None:
    boxes = [[0, 0, 90, 70]] * 20
    assert check(boxes) == []
    assert "10 of 20 boxes" in check(boxes, [SIZE, (50, 50)] * 10)[0]
