"""What a bundle's networks say of one image, beside the bundle itself."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from data.images.image_io import read_grayscale
from data.images.resize import resize
from detect import Predictor
from detect.prediction.boxes import Boxes
from enhance.attention import GradCAM
from enhance.fusion import fuse
from tools.browser import look as module
from tools.browser.look import Bench, Look


@pytest.fixture(scope="module")
def bench(bundled) -> Bench:
    return Bench(Predictor(bundled / "bundle"))


@pytest.fixture
def gray(bundled) -> np.ndarray:
    return read_grayscale(bundled / "set/images/8.png")


def test_with_the_settings_of_the_bundle_it_shows_what_the_bundle_makes(bench, gray):
    look, prediction = Look(bench, gray), bench.predictor(gray)
    own = next(iter(bench.methods))
    assert own == "CAWE" and np.array_equal(look.gray, gray)
    assert np.array_equal(look.attention(own), prediction.attention)
    assert np.array_equal(look.fused(own, module.MOST_PROBABLE, bench.enhancer.alpha), prediction.enhanced)
    picture, number = look.found(float(prediction.boxes.scores[2]))
    assert number >= 3 and not np.array_equal(picture, prediction.enhanced)
    assert np.array_equal(look.found(1.1)[0], prediction.enhanced) and look.found(1.1)[1] == 0


def test_alpha(bench, gray):
    """Eq. (7) by hand in one pixel, and its ends."""
    look = Look(bench, gray)
    color, attention = look.color_picture.astype(float), look.attention("CAWE")
    assert np.array_equal(look.fused("CAWE", -1, 1.0), look.color_picture)
    assert look.fused("CAWE", -1, 0.25)[10, 20] == pytest.approx(
        color[10, 20] * (0.25 + 0.75 * attention[10, 20]), abs=1
    )
    assert np.array_equal(look.fused("CAWE", -1, 0.0), fuse(look._color, attention, 0.0))


def test_color_and_gray(bench, gray):
    (color,) = bench.enhancer.colorize([gray])
    assert np.array_equal(Look(bench, gray).color_picture, color.round().clamp(0, 255).byte().numpy())


def test_maps_of_a_class(bench, gray):
    look, side = Look(bench, gray), bench.enhancer.classifier.input_size
    inputs = torch.from_numpy(resize(gray, side, side))[None, None].float() / 255
    maps = GradCAM(bench.enhancer.classifier)
    for label in (0, 1):
        (raw,) = torch.nn.functional.interpolate(
            maps.coarse_maps(inputs, [label])[None], gray.shape, mode="bilinear"
        ).relu()[0]
        assert np.abs(look.attention("Grad-CAM", label) - (raw / max(raw.max(), 1e-30)).numpy()).max() < 1e-6
    assert bench.knows_classes("Grad-CAM") and not bench.knows_classes("CAWE")
    assert look.attention("CAWE", 0) is look.attention("CAWE", 1)
    with torch.no_grad():
        logits = bench.enhancer.classifier(inputs)
    assert np.allclose(look.probabilities, logits.sigmoid()[0]) and bench.label_names == ["No Finding", "Lesion"]
    assert look.most_probable == 1  # the only class that names a lesion
    assert np.array_equal(look.attention("Grad-CAM"), look.attention("Grad-CAM", 1))
    assert look.attention_picture("Grad-CAM", 1).shape == (*gray.shape, 3)


def test_the_methods(bench):
    names = ["CAWE", "CAM", "Grad-CAM", "Grad-CAM++", "LayerCAM", "Score-CAM", "CRM", "Strongest channel"]
    assert list(bench.methods) == names and bench.methods["CAWE"] is bench.enhancer.attention


def test_networks_run_once(bench, gray, monkeypatch):
    look = Look(bench, gray)
    look.fused("Grad-CAM", 1, 0.5), look.found(0.5), look.probabilities  # noqa: B018
    for network in (bench.enhancer.classifier, bench.enhancer.colorizer):
        monkeypatch.setattr(network, "forward", None)
    monkeypatch.setattr(bench.enhancer.classifier, "extract_feat", None)
    monkeypatch.setattr(bench.enhancer, "colorize", None)
    monkeypatch.setattr(bench.predictor, "predict", None)
    for alpha in (0.0, 0.3, 1.0):
        assert look.fused("Grad-CAM", 1, alpha).shape == (*gray.shape, 3)
    assert look.found(0.1)[1] >= look.found(0.9)[1] and look.color_picture.shape == (*gray.shape, 3)


def test_large_images_are_shrunk_for_the_screen_alone(bench, monkeypatch):
    monkeypatch.setattr(module, "LONGEST", 50)
    gray = np.zeros((60, 100), np.uint8)
    look, whole = Look(bench, gray), np.zeros((60, 100, 3), np.uint8)
    boxes = Boxes(np.array([[20, 30, 60, 50]], np.float32), np.array([0.9], np.float32), np.array([0]))
    look.prediction = replace(bench.predictor(gray), boxes=boxes, enhanced=whole)
    picture, number = look.found(0.5)
    assert number == 1 and picture.shape == (30, 50, 3)
    rows, columns = np.nonzero(picture[17:].any(-1))
    assert (columns.min(), columns.max()) == (pytest.approx(10, abs=1), pytest.approx(30, abs=1))
    assert rows.max() + 17 == pytest.approx(25, abs=1)
    assert look.gray.shape == look.attention("CAWE").shape == (30, 50)
    assert look.fused("CAWE", -1, 0.5).shape == (30, 50, 3)


def test_rates_and_points(bench):
    froc = bench.predictor.froc["points"]
    rates = bench.rates()
    assert rates == sorted(rates) and rates
    assert all(froc[f"{rate:g}"]["reached"] for rate in rates)
    assert bench.point(rates[0]).threshold == froc[f"{rates[0]:g}"]["threshold"]


def test_a_bundle_without_attention(bench):
    class Plain:
        enhancer = object()
        froc = bench.predictor.froc

    plain = Bench(Plain())
    assert plain.methods == {} and plain.label_names == [] and not plain.colors
