"""The stages fit together: phantom DICOMs are prepared, enhanced, and read by the detectors' data set."""

import json

import cv2
import numpy as np
import pytest
from mmengine.registry import DefaultScope

import detect.register  # noqa: F401
from data.phantom.files import write_rsna
from detect.dataset import LesionDataset
from enhance.dataset import enhance_dataset
from enhance.fusion import Enhancer
from tools import prepare_dataset


@pytest.fixture(scope="module")
def data_sets(tmp_path_factory):
    """The folders of a prepared phantom and of its enhanced twin."""
    folder = tmp_path_factory.mktemp("pipeline")
    write_rsna(folder / "rsna", 12, 64, 0)
    prepare_dataset.main(["rsna", str(folder / "rsna"), str(folder / "raw"), "--workers", "0"])
    enhance_dataset(Enhancer(), folder / "raw", folder / "enhanced", fingerprint={}, batch_size=5)
    return folder / "raw", folder / "enhanced"


@pytest.mark.parametrize("split", ["train.json", "test.json"])
def test_raw_and_enhanced_differ_by_the_folder_only(data_sets, split):
    raw, enhanced = (json.loads((folder / split).read_text()) for folder in data_sets)
    assert raw == enhanced  # prepared DICOMs are PNG already, so not even a suffix changes
    assert raw["images"]
    for image in raw["images"]:
        before, after = (cv2.imread(str(folder / image["file_name"]), cv2.IMREAD_UNCHANGED) for folder in data_sets)
        assert before.shape == (image["height"], image["width"])
        assert np.array_equal(after, np.stack([before] * 3, axis=2))


def test_the_detectors_read_both(data_sets):
    pipeline = [dict(type="LoadLesionImage"), dict(type="LoadAnnotations", with_bbox=True)]
    pipeline += [dict(type="PackDetInputs", meta_keys=("img_id",))]
    options = dict(ann_file="train.json", data_prefix=dict(img=""), pipeline=pipeline)
    with DefaultScope.overwrite_default_scope("mmdet"):
        sets = [LesionDataset(data_root=str(folder), **options) for folder in data_sets]
    assert len(sets[0]) == len(sets[1]) == len(json.loads((data_sets[0] / "train.json").read_text())["images"])
    for raw, enhanced in zip(*sets, strict=True):
        assert np.array_equal(raw["inputs"], enhanced["inputs"])
        boxes = [item["data_samples"].gt_instances.bboxes.tensor.tolist() for item in (raw, enhanced)]
        assert boxes[0] == boxes[1]
