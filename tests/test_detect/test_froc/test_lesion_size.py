"""Sizes of lesions in pixels and mm, and the strata they fall into."""

import numpy as np
import pytest

from detect.froc.ground_truth import GroundTruth
from detect.froc.lesion_size import DEFAULT_EDGES, lesion_sizes, size_strata
from detect.froc.matching import Boxes

NAN = float("nan")


def truth(spacing, lesions=((0, 40, 10), (1, 9, 16))) -> GroundTruth:
    """Lesions are (image, width, height); an image of its own spacing (row_mm, column_mm) each."""
    images = np.array([image for image, _, _ in lesions], np.int64)
    corners = np.array([[5, 7, 5 + width, 7 + height] for _, width, height in lesions], float)
    count = len(spacing)
    return GroundTruth(
        image_ids=list(range(count)),
        file_names=[f"{i}.dcm" for i in range(count)],
        sizes=np.full((count, 2), 100.0),
        spacing=np.array(spacing, float),
        lesions=Boxes(images, corners, np.ones(len(lesions), np.int64)),
        regions=Boxes(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0, np.int64)),
        groups=list("abcdefgh"[:count]),
        grouped_by="patient",
        categories={1: "x"},
    )


def test_the_size_is_the_side_of_the_square_of_equal_area() -> None:
    # 40 x 10 = 20 x 20; 9 x 16 = 12 x 12.
    assert lesion_sizes(truth([(NAN, NAN)] * 2), "px").tolist() == [20, 12]


def test_sizes_in_mm_by_hand() -> None:
    # 0.5 x 0.5 mm: half. Rows 0.25 mm, columns 4 mm apart: 9 px wide are 36 mm, 16 px high 4 mm; sqrt(144) = 12.
    np.testing.assert_allclose(lesion_sizes(truth([(0.5, 0.5), (0.25, 4)]), "mm"), [10, 12], rtol=1e-14)


@pytest.mark.parametrize("wrong", [(NAN, NAN), (0.5, 0), (-0.5, 0.5), (0.5, NAN)])
def test_mm_need_the_spacing_of_each_image_with_lesions(wrong) -> None:
    spacing = [(0.5, 0.5), wrong, wrong]
    with pytest.raises(ValueError) as error:
        lesion_sizes(truth(spacing), "mm")
    assert str(error.value) == (
        "1 images with lesions have no pixel_spacing of two positive numbers, the first is 1.dcm; sizes in mm need "
        '"pixel_spacing": [row_mm, column_mm] on each image of the ground truth (tools/prepare_dataset.py writes it '
        "for DICOM), or use --size-unit px"
    )
    # An image without lesions needs none.
    assert lesion_sizes(truth(spacing, ((0, 4, 4),)), "mm").tolist() == [2]


def test_coco_strata_are_named_and_an_edge_is_above() -> None:
    strata = size_strata(np.array([31.99, 32, 95.9, 96, 500]), DEFAULT_EDGES["px"], "px")
    assert strata.names == ["small (< 32 px)", "medium (32–96 px)", "large (≥ 96 px)"]
    assert strata.index.tolist() == [0, 1, 1, 2, 2]


def test_other_edges_and_units() -> None:
    strata = size_strata(np.array([30.0, 3, 10]), (10, 20.5, 30), "mm")
    assert strata.names == ["< 10 mm", "10–20.5 mm", "20.5–30 mm", "≥ 30 mm"]
    assert strata.index.tolist() == [3, 0, 1]
    assert size_strata(np.array([1.0]), DEFAULT_EDGES["px"], "mm").names == ["< 32 mm", "32–96 mm", "≥ 96 mm"]
    assert size_strata(np.array([1.0]), [32, 96], "px").names[0] == "small (< 32 px)"


def test_one_edge_makes_two_strata() -> None:
    strata = size_strata(np.array([5.0, 6]), (6,), "mm")
    assert strata.names == ["< 6 mm", "≥ 6 mm"] and strata.index.tolist() == [0, 1]
