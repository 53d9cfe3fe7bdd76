"""The keys of `evaluation`."""

import pytest

from enhance.evaluation.report.settings import AttentionSettings, read_settings

IMAGES = dict(data_root="here", ann_file="test.json")


def test_what_is_not_given_has_the_papers_value():
    settings = read_settings(IMAGES)
    assert settings == AttentionSettings("here", "test.json")
    assert (settings.region, settings.noise_std, settings.roi_share) == (34, 0.1, 0.2)
    assert read_settings(IMAGES | {"region": 8}).region == 8
    assert settings.max_images == 500
    assert read_settings(IMAGES | {"max_images": None}).max_images is None


@pytest.mark.parametrize(
    "options, message",
    [
        ({"areas": 8}, "unknown key 'areas'; it takes data_root, ann_file"),
        ({"data_root": ""}, "evaluation.data_root=..."),
        ({"ann_file": None}, "evaluation.ann_file=..."),
        ({"region": 0}, "region must be at least 1, got 0"),
        ({"roi_share": 1.0}, "roi_share must be at least 0 and below 1"),
        ({"max_images": 0}, "max_images must be at least 1"),
        ({"max_images": "none"}, "max_images must be a whole number or None, got 'none'"),
        ({"bootstrap": 100.0}, "bootstrap must be a whole number, got 100.0"),
        ({"tolerance": "15"}, "tolerance must be a number, got '15'"),
        ({"seed": True}, "seed must be a whole number, got True"),
        ({"ignore_labels": 5}, "ignore_labels must be a list of names, got 5"),
        ({"ignore_labels": ["edema", 5]}, "ignore_labels must be a list of names"),
        ({"target": 3}, "target must be a name or None, got 3"),
    ],
)
def test_a_wrong_value_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        read_settings(IMAGES | options)


def test_whole_numbers_are_numbers_and_a_name_is_a_list_of_one():
    settings = read_settings(IMAGES | {"tolerance": 15, "ignore_labels": "Viral Pneumonia"})
    assert settings.tolerance == 15
    assert settings.ignore_labels == ("Viral Pneumonia",)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"target": "edema"}, "target names 'edema'; the classifier knows sick, healthy"),
        ({"target": "No Finding"}, "target names 'No Finding'; the classifier knows sick, healthy"),
        ({"ignore_labels": ["healthy", "edema"]}, "ignore_labels names 'edema'"),
        ({"steps": 401}, "steps is 401; the 20 x 20 pixels allow 400"),
        ({"region": 20}, "region is 20, the whole image of 20 x 20 pixels"),
    ],
)
def test_settings_that_do_not_go_with_the_classifier(options, message):
    fitting = dict(target="sick", ignore_labels=["healthy", "No Finding"], steps=400, region=19)
    read_settings(IMAGES | fitting).check(["sick", "healthy"], 20)
    with pytest.raises(ValueError, match=message):
        read_settings(IMAGES | fitting | options).check(["sick", "healthy"], 20)
