"""Rescale, window and pixel size of the only frame of an enhanced object."""

import pytest
from pydicom.dataset import Dataset

from data.images.functional_groups import GROUPS, lift


def group(macro, **elements):
    item, groups = Dataset(), Dataset()
    for name, value in elements.items():
        setattr(item, name, value)
    setattr(groups, macro, [item])
    return groups


@pytest.mark.parametrize("place", GROUPS)
def test_what_stands_in_a_group_is_lifted(place):
    dataset = Dataset()
    setattr(dataset, place, [group("FrameVOILUTSequence", WindowCenter="40", WindowWidth="80")])
    lift(dataset, "PixelMeasuresSequence")
    assert "WindowCenter" not in dataset
    lift(dataset, "PixelMeasuresSequence", "FrameVOILUTSequence")
    assert dataset.WindowCenter == 40 and dataset.WindowWidth == 80


def test_what_is_of_the_frame_comes_after_what_is_of_all():
    dataset = Dataset()
    dataset.RescaleSlope = "7"
    for place, slope in zip(GROUPS, "23", strict=True):
        setattr(dataset, place, [group("PixelValueTransformationSequence", RescaleSlope=slope)])
    lift(dataset, "PixelValueTransformationSequence")
    assert dataset.RescaleSlope == 3


def test_an_empty_element_says_nothing():
    dataset = Dataset()
    dataset.WindowCenter = "40"
    dataset.SharedFunctionalGroupsSequence = [group("FrameVOILUTSequence", WindowCenter=None, WindowWidth="80")]
    lift(dataset, "FrameVOILUTSequence")
    assert dataset.WindowCenter == 40 and dataset.WindowWidth == 80


def test_empty_groups_say_nothing():
    dataset = Dataset()
    dataset.SharedFunctionalGroupsSequence, dataset.PerFrameFunctionalGroupsSequence = [], [Dataset()]
    lift(dataset, "FrameVOILUTSequence")
    assert set(dataset.dir()) == set(GROUPS)
