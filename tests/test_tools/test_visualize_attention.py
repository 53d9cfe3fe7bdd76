"""tools/visualize_attention.py: the pictures of a config, and wrong calls."""

import json

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from data.errors import UserError
from data.images.image_io import read_grayscale
from data.images.resize import resize
from enhance.classifier.model import AttentionClassifier
from enhance.method_set import load_method_set
from enhance.pictures.layers import filters_figure
from enhance.pictures.layout import DPI, PANEL
from tools import visualize_attention as tool

LABELS = ["No Finding", "Mass", "Nodule"]
OPTIONS = dict(
    backbone=dict(model_name="test_resnet", in_chans=1),
    label_names=LABELS,
    input_size=32,
    mean=[0.5],
    std=[0.25],
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A config of three methods, one of which is left out, and ten images that are wider than high."""
    folder = tmp_path_factory.mktemp("trial")
    torch.manual_seed(0)
    torch.save(AttentionClassifier(**OPTIONS).state_dict(), folder / "classifier.pth")
    enhancer = dict(type="Enhancer", attention=dict(type="CRM"), classifier=dict(type="AttentionClassifier", **OPTIONS))
    methods = {"CAWE": dict(type="CAWE"), "Grad-CAM": dict(type="GradCAM"), "Wrong": dict(type="CAWE", score="no")}
    keys = dict(enhancer=enhancer, methods=methods, checkpoints=dict(classifier="classifier.pth"))
    (folder / "config.py").write_text("".join(f"{key} = {value!r}\n" for key, value in keys.items()))
    rng = np.random.default_rng(0)
    (folder / "set/images").mkdir(parents=True)
    images = []
    for i in range(10):
        cv2.imwrite(str(folder / f"set/images/{i}.png"), rng.integers(0, 256, (30, 60), np.uint8))
        images.append(dict(id=i, file_name=f"images/{i}.png", width=60, height=30))
    images.append(dict(id=10, file_name="elsewhere/2.png", width=60, height=30))
    boxes = [dict(id=i, image_id=i, category_id=1, bbox=[5, 6, 7, 8], area=56, iscrowd=0) for i in (3, 10)]
    coco = dict(images=images, annotations=boxes, categories=[dict(id=1, name="x")])
    (folder / "set/test.json").write_text(json.dumps(coco))
    return folder


def run(folder, out, *arguments, images=("set/images",)):
    given = [str(folder / image) for image in images]
    config = [str(folder / "config.py"), *given, "--out", str(out), "--device", "cpu"]
    return tool.main([*config, *map(str, arguments)])


def test_all_pictures_of_a_folder(folder, tmp_path, capsys):
    assert run(folder, tmp_path, "--ann", folder / "set/test.json") == 0
    names = ["methods", "methods_2", "class_roi", "channels", "channels_2", "filters"]
    assert capsys.readouterr().out.split() == [str(tmp_path / f"{name}.png") for name in names]
    pdfs = {f"{name}.pdf" for name in ("methods", "class_roi", "channels", "filters")}
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.png" for name in names} | pdfs
    first, second = (Image.open(tmp_path / name) for name in ("methods.png", "methods_2.png"))
    assert first.width == second.width > 3 * PANEL * DPI
    assert first.height - second.height > 6 * PANEL / 2 * DPI  # eight rows and two, of images half as high as wide


def test_left_out_methods_are_named(folder, tmp_path, capsys):
    run(folder, tmp_path, images=["set/images/1.png"])
    assert "left out: Wrong: score must be" in capsys.readouterr().err


def looked_at(folder, monkeypatch, tmp_path, *arguments, **options):
    """The views that the grid is drawn of."""
    seen = []

    def draw(views, **_):
        seen.extend(views)
        return filters_figure(np.ones((1, 1, 2, 2)))

    monkeypatch.setattr("enhance.pictures.method_grid.method_grid", draw)
    run(folder, tmp_path, *arguments, **options)
    return seen


def test_maps_and_classes_are_those_of_the_classifier(folder, monkeypatch, tmp_path):
    views = looked_at(folder, monkeypatch, tmp_path, images=["set/images/3.png", "set/images/0.png"])
    assert [view.name for view in views] == ["3.png", "0.png"]
    method_set = load_method_set(folder / "config.py")
    for view in views:
        image = read_grayscale(folder / "set/images" / view.name)
        inputs = torch.from_numpy(resize(image, 32, 32))[None, None].float() / 255
        scores = method_set.classifier(inputs).sigmoid()[0].detach()
        target = 1 + int(scores[1:].argmax())  # "No Finding" names no lesion
        assert (view.label, view.size) == (LABELS[target], (30, 60))
        assert view.probability == pytest.approx(float(scores[target]))
        assert list(view.maps) == ["CAWE", "Grad-CAM"]
        for name, method in method_set.methods.items():
            expected = method.coarse_maps(inputs, [target]) if name == "Grad-CAM" else method.coarse_maps(inputs)
            np.testing.assert_allclose(view.maps[name], expected[0].numpy(), rtol=1e-5)


def test_target_and_methods_of_choice(folder, monkeypatch, tmp_path):
    arguments = ["--target", "No Finding", "--methods", "Grad-CAM"]
    (view,) = looked_at(folder, monkeypatch, tmp_path, *arguments, images=["set/images/0.png"])
    inputs = torch.from_numpy(resize(read_grayscale(folder / "set/images/0.png"), 32, 32))[None, None].float() / 255
    method_set = load_method_set(folder / "config.py")
    assert (view.label, list(view.maps)) == ("No Finding", ["Grad-CAM"])
    expected = method_set.methods["Grad-CAM"].coarse_maps(inputs, [0])[0].numpy()
    np.testing.assert_allclose(view.maps["Grad-CAM"], expected, rtol=1e-5)


def test_boxes_are_found_by_file_name(folder, monkeypatch, tmp_path):
    images = ["set/images/2.png", "set/images/3.png"]
    views = looked_at(folder, monkeypatch, tmp_path, "--ann", folder / "set/test.json", images=images)
    assert views[0].boxes == []
    assert views[1].boxes == [pytest.approx((5, 6, 7, 8))]


def test_boxes_of_a_smaller_copy_of_the_image_are_scaled(folder, monkeypatch, tmp_path):
    coco = json.loads((folder / "set/test.json").read_text())
    for image in coco["images"]:
        image |= {"width": 30, "height": 10}
    (tmp_path / "small.json").write_text(json.dumps(coco))
    (view,) = looked_at(folder, monkeypatch, tmp_path, "--ann", tmp_path / "small.json", images=["set/images/3.png"])
    assert view.boxes == [pytest.approx((10, 18, 14, 24))]


def test_a_file_that_is_no_image_is_named_and_skipped(folder, tmp_path, capsys):
    (tmp_path / "broken.png").write_bytes(b"no image")
    images = ["set/images/0.png", tmp_path / "broken.png"]
    assert run(folder, tmp_path / "out", images=images) == 0
    assert f"skipped: {tmp_path / 'broken.png'}" in capsys.readouterr().err
    assert run(folder, tmp_path / "out", "--strict", images=images) == 1
    with pytest.raises(UserError, match="none of 1 images can be read"):
        run(folder, tmp_path / "out", images=[tmp_path / "broken.png"])


@pytest.mark.parametrize("images, out", [(["set"], "set/pictures"), (["set/images/0.png"], "set/images")])
def test_pictures_never_lie_among_the_images(folder, images, out):
    with pytest.raises(UserError, match="lies among the images"):
        run(folder, folder / out, images=images)
    assert not (folder / "set/pictures").exists() and not (folder / "set/images/methods.png").exists()


def test_wrong_calls_name_the_remedy(folder, tmp_path):
    with pytest.raises(UserError, match="--target Cyst: the classifier knows No Finding, Mass, Nodule"):
        run(folder, tmp_path, "--target", "Cyst")
    with pytest.raises(UserError, match="has no method Nothing"):
        run(folder, tmp_path, "--methods", "Nothing")
    with pytest.raises(UserError, match="missing.png: no such file"):
        run(folder, tmp_path, images=["missing.png"])
    with pytest.raises(UserError, match="config.py is a file; give a folder"):
        run(folder, folder / "config.py")
    cv2.imwrite(str(tmp_path / "other.png"), np.zeros((9, 9), np.uint8))
    with pytest.raises(UserError, match="has none of the images"):
        run(folder, tmp_path / "out", "--ann", folder / "set/test.json", images=[tmp_path / "other.png"])
    with pytest.raises(SystemExit):
        run(folder, tmp_path, "--threshold", "20")


@pytest.mark.parametrize("channels", [0, -1])
def test_at_least_one_channel_is_shown(folder, tmp_path, capsys, channels):
    with pytest.raises(SystemExit):
        run(folder, tmp_path, "--channels", channels)
    assert "error: --channels: at least 1" in capsys.readouterr().err


def test_an_image_that_is_given_twice_is_drawn_once(folder, monkeypatch, tmp_path):
    views = looked_at(folder, monkeypatch, tmp_path, images=["set/images/0.png", "set/images"])
    assert sorted(view.name for view in views) == [f"{i}.png" for i in range(10)]
