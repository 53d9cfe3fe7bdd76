"""`tools/colorize.py` as a user runs it, with a tiny colorizer."""

import cv2
import matplotlib
import numpy as np
import pytest
import torch
from mmengine.registry import MODELS

import colorize_gan.register  # noqa: F401 - registers the colorizer
from data.errors import NoFolderError, UserError
from data.images.image_io import read_grayscale
from tests.paths import ROOT
from tools import colorize as tool

GENERATOR = dict(type="UNetGenerator", encoder="resnet10t", decoder_channels=(16, 8, 8, 8, 8))
MODEL = dict(type="ColorizationGAN", generator=GENERATOR, render_size=24)
GRADIENT = np.add.outer(np.arange(64), 2 * np.arange(90)).astype(np.uint8)
LUMA = np.array([0.299, 0.587, 0.114])
JET = ROOT / "configs/enhance/jet.py"


@pytest.fixture
def folder(tmp_path):
    """A colorizer that colors visibly, in a recipe with attention whose classifier is not there; images to color."""
    model = MODELS.build(MODEL)
    with torch.no_grad():
        model.generator.to_change.weight.normal_(0, 2)
        model.generator.to_change.bias.copy_(torch.tensor([1.0, 0.0, -1.0]))
    torch.save(dict(state_dict=model.state_dict()), tmp_path / "epoch_1.pth")
    (tmp_path / "model.py").write_text(f"model = {MODEL!r}\ncustom_imports = dict(imports=['colorize_gan.register'])")
    enhancer = dict(type="Enhancer", attention=dict(type="CAWE"), classifier=dict(type="None"), colorizer=MODEL)
    checkpoints = dict(classifier="none.pth", colorizer="epoch_1.pth")
    imports = "custom_imports = dict(imports=['colorize_gan.register'])"
    (tmp_path / "recipe.py").write_text(f"enhancer = {enhancer!r}\ncheckpoints = {checkpoints!r}\n{imports}")
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    cv2.imwrite(str(source / "a.png"), GRADIENT)
    cv2.imwrite(str(source / "b.png"), GRADIENT[:40].astype(np.uint16) * 257)
    cv2.imwrite(str(source / "deep/c.JPG"), GRADIENT[:, :50])
    return tmp_path


def colorize(*arguments):
    return tool.main([*map(str, arguments), "--device", "cpu"])


def written(folder):
    """Relative path to RGB, of all files below a folder."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1] for name, path in files.items()}


def test_a_folder_and_a_file_with_the_colorizer_alone(folder, capsys):
    cv2.imwrite(str(folder / "single.tif"), GRADIENT.T)
    assert colorize(folder / "recipe.py", folder / "source", folder / "single.tif", "--out", folder / "out") == 0
    images = written(folder / "out")
    shapes = {name: image.shape for name, image in images.items()}
    assert shapes == {
        "a.png": (64, 90, 3), "b.png": (40, 90, 3), "deep/c.png": (64, 50, 3), "single.png": (90, 64, 3)
    }  # fmt: skip
    assert all(image.dtype == np.uint8 for image in images.values())
    colorizer = MODELS.build(MODEL)
    colorizer.load_state_dict(torch.load(folder / "epoch_1.pth")["state_dict"])
    gray = torch.from_numpy(GRADIENT)[None, None].float() / 255
    expected = colorizer.colorize(gray)[0].permute(1, 2, 0).numpy() * 255
    np.testing.assert_allclose(images["a.png"], expected, atol=0.51)
    assert np.ptp(expected, axis=2).mean() > 20, "the test's colorizer does not color"
    assert "4 images colored" in capsys.readouterr().out


def test_a_training_config_and_the_options(folder):
    """Each option makes another image; a recipe and the config of its colorizer make the same."""
    made = {}
    for name, recipe, options in (
        ("recipe", "recipe.py", []),
        ("config", "model.py", ["--checkpoint", folder / "epoch_1.pth"]),
        ("full", "recipe.py", ["--render-size", 0]),
        ("smaller", "recipe.py", ["--render-size", 12]),
        ("luminance", "recipe.py", ["--keep-luminance"]),
        ("off", "recipe.py", ["--no-keep-luminance", "--cfg-options", "enhancer.colorizer.keep_luminance=True"]),
        ("model", "model.py", ["--checkpoint", folder / "epoch_1.pth", "--cfg-options", "model.render_size=12"]),
    ):
        source = folder / "source/a.png"
        assert colorize(folder / recipe, source, "--out", folder / name, *options) == 0
        (made[name],) = written(folder / name).values()
    assert np.array_equal(made["config"], made["recipe"])
    assert np.array_equal(made["off"], made["recipe"])
    assert np.array_equal(made["model"], made["smaller"])
    differ = ("recipe", "full", "smaller", "luminance")
    for index, name in enumerate(differ):
        for other in differ[:index]:
            assert not np.array_equal(made[name], made[other]), (name, other)
    assert np.abs(made["luminance"] @ LUMA - GRADIENT).max() <= 1
    assert np.abs(made["recipe"] @ LUMA - GRADIENT).max() > 5


def test_pseudo_color_needs_no_weights(folder):
    assert colorize(JET, folder / "source", "--out", folder / "out") == 0
    for name, source in (("a.png", "a.png"), ("b.png", "b.png"), ("deep/c.png", "deep/c.JPG")):
        gray = read_grayscale(folder / "source" / source)
        expected = matplotlib.colormaps["jet"](gray)[..., :3] * 255
        np.testing.assert_allclose(written(folder / "out")[name], expected, atol=0.5001)


def test_what_cannot_be_read_is_named_and_the_rest_is_colored(folder, capsys):
    (folder / "source/cut.jpg").write_bytes(cv2.imencode(".jpg", GRADIENT)[1].tobytes()[:300])
    (folder / "source/fake.dcm").write_text("no DICOM")
    assert colorize(JET, folder / "source", "--out", folder / "out") == 1
    assert set(written(folder / "out")) == {"a.png", "b.png", "deep/c.png"}
    out, err = capsys.readouterr()
    assert "3 images colored" in out and "2 failed" in out
    for name, reason in (("cut.jpg", "truncated"), ("fake.dcm", "not a DICOM")):
        assert [line for line in err.splitlines() if name in line and reason in line], name


def test_two_inputs_with_one_name_are_refused_before_anything_is_written(folder):
    (folder / "other").mkdir()
    (folder / "other/A.tif").write_bytes(b"")
    with pytest.raises(UserError, match="source/a.png and .*other/A.tif would both become A.png"):
        colorize(JET, folder / "source", folder / "other/A.tif", "--out", folder / "out")
    assert not (folder / "out").exists()


def test_a_file_given_twice_is_one(folder):
    assert colorize(JET, folder / "source", folder / "source/a.png", "--out", folder / "out") == 0
    assert set(written(folder / "out")) == {"a.png", "b.png", "deep/c.png"}


def test_inputs_are_never_overwritten(folder):
    before = (folder / "source/a.png").read_bytes()
    with pytest.raises(UserError, match="would overwrite .*a.png"):
        colorize(JET, folder / "source/a.png", "--out", folder / "source")
    (folder / "link").symlink_to(folder / "source")
    with pytest.raises(UserError, match="would overwrite"):
        colorize(JET, folder / "source/b.png", "--out", folder / "link")
    (folder / "out").mkdir()
    (folder / "out/deep").symlink_to(folder / "elsewhere")
    with pytest.raises(UserError, match="deep is a link to .* nothing is written outside of"):
        colorize(JET, folder / "source", "--out", folder / "out")
    for out in ("source", "source/new", "link/new"):
        with pytest.raises(UserError, match="lies in"):
            colorize(JET, folder / "source", "--out", folder / out)
    assert (folder / "source/a.png").read_bytes() == before
    assert not (folder / "source/new").exists()


@pytest.mark.parametrize(
    ("recipe", "options", "message"),
    [
        ("model.py", [], "training config.*--checkpoint"),
        ("none.py", [], "none.py: no such config file"),
        (ROOT / "configs/enhance/gray.py", [], "has no colorizer"),
        (JET, ["--render-size", "9"], "does not have this option.*render_size"),
        (JET, ["--cfg-options", "enhancer.colorizer.colormap=vridis"], "did you mean viridis"),
        ("recipe.py", ["--checkpoint", "none.pth"], "none.pth does not exist"),
    ],
)
def test_errors_say_what_to_do(folder, recipe, options, message):
    with pytest.raises(UserError, match=message):
        colorize(folder / recipe, folder / "source", "--out", folder / "out", *options)
    assert not (folder / "out").exists()


def test_folders_without_images_and_files_as_folders(folder):
    (folder / "empty").mkdir()
    with pytest.raises(UserError, match="no image below .*empty"):
        colorize(JET, folder / "empty", "--out", folder / "out")
    with pytest.raises(NoFolderError, match="recipe.py is a file; give a folder"):
        colorize(JET, folder / "source", "--out", folder / "recipe.py")
    with pytest.raises(SystemExit):
        colorize(JET, folder / "source", "--out", folder / "out", "--render-size", "-1")
