"""What all ways of running a bundle do alike."""

import numpy as np
import pytest

from data.errors import UserError
from data.images.errors import ImageReadError
from detect.prediction.boxes import Prediction
from detect.prediction.bundle_predictor import BundlePredictor
from tests.test_detect.test_prediction.test_boxes import NONE


class Brighter(BundlePredictor):
    def predict(self, images):
        return [Prediction(NONE, np.stack([image + 1] * 3, 2)) for image in images]

    def attention(self, image):
        return image / np.float32(255)


INDEX = {"label_names": ["a"], "category_ids": [1], "members": ["d"], "sha256": {"d": "0"}}


@pytest.fixture
def predictor(tmp_path):
    (tmp_path / "validation_froc.json").write_text('{"points": {}}')
    (tmp_path / "calibration.json").write_text('{"scores": []}')
    return Brighter(tmp_path, INDEX, "b.zip")


def test_one_image(predictor):
    assert (
        predictor.label_names == ["a"] and predictor.froc == {"points": {}} and predictor.calibration == {"scores": []}
    )
    image = np.full((2, 3), 51, np.uint8)
    prediction = predictor(image)
    assert prediction.enhanced[..., 0].tolist() == [[52] * 3] * 2 and prediction.attention[0, 0] == np.float32(0.2)
    assert prediction.boxes is NONE


def test_wrong_images_and_bundles(predictor, tmp_path):
    with pytest.raises(UserError, match=r"gray \(H, W\) uint8, not float64 of shape \(4, 4\)"):
        predictor(np.zeros((4, 4)))
    (tmp_path / "x.png").write_bytes(b"no image")
    with pytest.raises(ImageReadError, match="x.png"):
        predictor(tmp_path / "x.png")
    with pytest.raises(UserError, match="b.zip: bundle.json does not say which detectors"):
        Brighter(tmp_path, INDEX | {"members": []}, "b.zip")
