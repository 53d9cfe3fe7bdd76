"""From an image to its view."""

import numpy as np
import torch

from enhance.attention.base import classifier_inputs
from enhance.evaluation.measures.replacement import predictor
from enhance.pictures.looking import look
from tests.test_enhance.attention_cases import method_set


def test_a_view_has_the_maps_of_the_target():
    both = method_set()
    image = np.random.default_rng(0).integers(0, 256, (30, 40), dtype=np.uint8)
    inputs = classifier_inputs(both.classifier, [image])
    probabilities = predictor(both.classifier)(inputs)[0]
    for target in (None, 2):
        view = look(both, "a.png", image, [(0.25, 0.5, 0.5, 0.1)], target)
        index = int(probabilities.argmax()) if target is None else target
        assert (view.label, view.size, view.boxes) == (f"label {index}", (30, 40), [(10, 15, 20, 3)])
        assert view.probability == float(probabilities[index])
        assert list(view.maps) == ["CAM", "Grad-CAM", "CRM"]
        expected = both.methods["CAM"].coarse_maps(inputs, [index])[0]
        torch.testing.assert_close(torch.from_numpy(view.maps["CAM"]), expected)


def test_a_class_that_names_no_lesion_is_not_chosen():
    both = method_set()
    image = np.zeros((16, 16), np.uint8)
    top = look(both, "a.png", image).label
    both.classifier.label_names[int(top[-1])] = "No Finding"
    assert look(both, "a.png", image).label not in (top, "No Finding")
