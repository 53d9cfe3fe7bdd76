"""The keys of `evaluation`."""

import pytest

from enhance.evaluation.attention_settings import AttentionSettings, read_settings

IMAGES = dict(data_root="here", ann_file="test.json")


def test_what_is_not_given_has_the_papers_value():
    settings = read_settings(IMAGES)
    assert settings == AttentionSettings("here", "test.json")
    assert (settings.region, settings.noise_std, settings.roi_share) == (34, 0.1, 0.2)
    assert read_settings(IMAGES | {"region": 8}).region == 8


@pytest.mark.parametrize(
    "options, message",
    [
        ({"regoin": 8}, "unknown key 'regoin'; it takes data_root, ann_file"),
        ({"data_root": ""}, "evaluation.data_root=..."),
        ({"ann_file": None}, "evaluation.ann_file=..."),
        ({"region": 0}, "region must be at least 1, got 0"),
        ({"roi_share": 1.0}, "roi_share must be at least 0 and below 1"),
        ({"max_images": 0}, "max_images must be at least 1"),
    ],
)
def test_a_wrong_value_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        read_settings(IMAGES | options)
