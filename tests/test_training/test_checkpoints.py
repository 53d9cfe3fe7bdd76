"""Checkpoint files: whole, the newest one, the config inside, and the weights alone."""

import os
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from torch import nn

from data.atomic import remove_leftovers
from data.errors import MissingFileError, UserError
from training.checkpoints import (
    AtomicBackend,
    check_start,
    fill,
    has_ended,
    keep_weights,
    newest_checkpoint,
    newest_match,
    read_checkpoint,
    stored_config,
)


def test_the_newest_checkpoint_is_that_of_the_highest_number(tmp_path):
    assert newest_checkpoint(tmp_path / "none") is None
    for name in ("epoch_2.pth", "epoch_10.pth", "epoch_last.pth", "best_epoch_11.pth"):
        (tmp_path / name).touch()
    (tmp_path / "last_checkpoint").write_text("epoch_12.pth")
    assert newest_checkpoint(tmp_path).name == "epoch_10.pth"


def test_files_are_whole(tmp_path):
    AtomicBackend().put(b"abc", tmp_path / "deep/file.pth")
    assert (tmp_path / "deep/file.pth").read_bytes() == b"abc"
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["file.pth"]


def test_a_pattern_names_its_newest_file(tmp_path):
    pattern = f"{tmp_path}/best_*.pth"
    with pytest.raises(MissingFileError, match=r"best_\*\.pth: .*train it first"):
        newest_match(pattern)
    for age, name in enumerate(["best_y_epoch_10.pth", "best_y_epoch_2.pth", "epoch_11.pth"]):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (age, age))
    assert newest_match(pattern) == f"{tmp_path}/best_y_epoch_2.pth"
    assert newest_match(f"{tmp_path.parent}/*/best_y_epoch_2.pth") == f"{tmp_path}/best_y_epoch_2.pth"
    assert newest_match(f"{tmp_path}/epoch_11.pth") == f"{tmp_path}/epoch_11.pth"
    assert newest_match("https://example.org/net.pth") == "https://example.org/net.pth"


def test_a_file_whose_name_looks_like_a_pattern_is_itself(tmp_path):
    file = tmp_path / "run[1].pth"
    file.touch()
    assert newest_match(str(file)) == str(file)
    assert newest_match(f"{file.parent}/*.pth") == str(file)


@pytest.fixture
def folder_of_temporary_files(tmp_path: Path, monkeypatch) -> Path:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return tmp_path / "temporary"


def test_a_stored_config_is_read_without_importing_what_it_names(folder_of_temporary_files):
    cfg = Config(
        dict(custom_imports=dict(imports=["a_module_that_does_not_exist"]), model=dict(type="Net", sides=(1, 2)))
    )
    read = stored_config({"meta": {"cfg": cfg.pretty_text}, "state_dict": {}})
    assert read.to_dict() == cfg.to_dict() and read.model.sides == (1, 2)
    assert not list(folder_of_temporary_files.iterdir())
    with pytest.raises(ImportError):  # mmengine's own way
        Config.fromstring(cfg.pretty_text, ".py")


@pytest.mark.parametrize("checkpoint", [{}, {"meta": {}}, {"state_dict": {}, "meta": {"epoch": 3}}])
def test_a_checkpoint_without_a_config_is_an_error(checkpoint):
    with pytest.raises(UserError, match=r"no config inside .*tools/train\.py"):
        stored_config(checkpoint)


def save(path, content):
    torch.save(content, path)
    return path


def test_weights_are_filled_in_and_more_is_no_fault(tmp_path):
    source, target = nn.Linear(2, 3), nn.Linear(2, 3)
    fill(target, save(tmp_path / "a.pth", {"state_dict": source.state_dict() | {"other": torch.ones(1)}}), "line")
    assert torch.equal(target.weight, source.weight)
    fill(target, save(tmp_path / "b.pth", source.state_dict()), "line")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"state_dict": {}}, "does not fit the line: 2 weights are missing, weight first"),
        ({"state_dict": {"weight": torch.ones(3, 2)}}, "1 weights are missing, bias first"),
        ({"weight": torch.ones(2, 2), "bias": torch.ones(3)}, "does not fit the line; was it trained with this config"),
        ({"state_dict": 5}, "does not fit the line; was it trained with this config"),
        ([1, 2], "it holds a list, not named weights"),
        (b"garbage", "is damaged or no checkpoint"),
        (b"", "is damaged or no checkpoint"),
    ],
    ids=["nothing", "half", "shape", "number", "list", "garbage", "empty"],
)
def test_weights_that_do_not_fit_are_refused(tmp_path, content, message):
    path = tmp_path / "a.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        save(path, content)
    with pytest.raises(UserError, match=f"a.pth {message}|a.pth .*{message}") as error:
        fill(nn.Linear(2, 3), path, "line")
    assert "\n" not in str(error.value)


def test_weights_of_a_deeper_network_do_not_fit(tmp_path):
    deeper = {"body." + name: tensor for name, tensor in two_layers().state_dict().items()}
    shallow = nn.ModuleDict({"body": two_layers()[:2]})
    save(tmp_path / "a.pth", {"state_dict": deeper})
    with pytest.raises(UserError, match="a.pth does not fit the net: it has 2 weights more, body.2.weight first"):
        fill(shallow, tmp_path / "a.pth", "net")
    beside = {name: t for name, t in deeper.items() if ".2." not in name} | {"critic.weight": torch.ones(2)}
    save(tmp_path / "b.pth", {"state_dict": beside})
    fill(shallow, tmp_path / "b.pth", "net")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(("load", "argument"), [(fill, "net"), (check_start, False)])
def test_weights_that_are_not_finite_are_refused(tmp_path, value, load, argument):
    weights = two_layers().state_dict()
    weights["1.weight"][0, 1] = value
    save(tmp_path / "a.pth", {"state_dict": weights})
    with pytest.raises(UserError, match="a.pth: 1.weight has weights that are no finite numbers"):
        load(two_layers(), tmp_path / "a.pth", argument)


def two_layers(outputs: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, outputs))


def test_a_training_begins_with_the_weights_that_it_was_given(tmp_path):
    save(tmp_path / "a.pth", {"state_dict": two_layers().state_dict(), "message_hub": {}})
    check_start(two_layers(), tmp_path / "a.pth", resumed=True)
    check_start(two_layers(5), tmp_path / "a.pth", resumed=False)  # another head
    with pytest.raises(UserError, match="a.pth: only 4 of the model's 6 weights are in it"):
        check_start(two_layers(5), tmp_path / "a.pth", resumed=True)
    with pytest.raises(UserError, match="a.pth: only 0 of the model's 2 weights"):
        check_start(nn.Linear(2, 3), tmp_path / "a.pth", resumed=False)
    with pytest.raises(UserError, match="only 1 of the model's 4 weights"):
        check_start(nn.Sequential(nn.Linear(3, 2), nn.Linear(3, 3)), tmp_path / "a.pth", resumed=False)
    wrapped = {f"module.{name}": tensor for name, tensor in two_layers().state_dict().items()}
    save(tmp_path / "wrapped.pth", wrapped)
    check_start(two_layers(), tmp_path / "wrapped.pth", resumed=True)


def test_weights_alone_do_not_go_on(tmp_path):
    save(tmp_path / "epoch_3.pth", {"meta": {"epoch": 3}, "state_dict": two_layers().state_dict()})
    check_start(two_layers(), tmp_path / "epoch_3.pth", resumed=False)
    with pytest.raises(UserError, match="epoch_3.pth holds weights alone.* give another --work-dir, and the file as"):
        check_start(two_layers(), tmp_path / "epoch_3.pth", resumed=True)


def ended_training(folder: Path) -> dict[str, dict]:
    """A folder as a training leaves it that ended after a kill; the checkpoints of the files that are to be kept."""
    folder.mkdir()
    torch.manual_seed(0)
    whole = {}
    for name in ("epoch_9", "epoch_10", "best_score_epoch_9"):
        weights = two_layers().state_dict()
        rest = dict(optimizer={"state": torch.ones(999)}, message_hub={}, param_schedulers=[])
        whole[f"{name}.pth"] = dict(meta=dict(epoch=9, cfg="a = 1"), state_dict=weights, ema_state_dict=weights, **rest)
        save(folder / f"{name}.pth", whole[f"{name}.pth"])
    (folder / "last_checkpoint").write_text(str(folder / "epoch_9.pth"))  # a kill kept the tenth from being named
    (folder / "stopped.pth").write_bytes(b"of the ninth epoch")
    (folder / "20240101_000000").mkdir()
    return {name: whole[name] for name in ("epoch_10.pth", "best_score_epoch_9.pth")}


def assert_weights_alone(folder: Path, whole: dict[str, dict]) -> None:
    rest = {"last_checkpoint", "20240101_000000", "finished"}
    assert {file.name for file in folder.iterdir()} == whole.keys() | rest
    assert (folder / "last_checkpoint").read_text() == str(folder / "epoch_10.pth")
    for name, checkpoint in whole.items():
        kept = read_checkpoint(folder / name)
        assert list(kept) == ["meta", "state_dict"] and kept["meta"] == checkpoint["meta"]
        assert kept["state_dict"].keys() == checkpoint["state_dict"].keys()
        assert kept["state_dict"]._metadata == checkpoint["state_dict"]._metadata  # versions of the layers
        assert all(torch.equal(tensor, checkpoint["state_dict"][key]) for key, tensor in kept["state_dict"].items())


def test_of_an_ended_training_the_weights_stay(tmp_path):
    whole = ended_training(tmp_path / "work")
    assert not has_ended(tmp_path / "work")
    keep_weights(tmp_path / "work")
    assert has_ended(tmp_path / "work")
    assert_weights_alone(tmp_path / "work", whole)
    times = {file: file.stat().st_mtime_ns for file in (tmp_path / "work").glob("*.pth")}
    named = (tmp_path / "work/last_checkpoint").stat().st_mtime_ns  # a later phase starts anew where it is newer
    keep_weights(tmp_path / "work")
    assert {file: file.stat().st_mtime_ns for file in times} == times
    assert (tmp_path / "work/last_checkpoint").stat().st_mtime_ns == named
    for file in (tmp_path / "work").glob("epoch_*"):
        file.unlink()
    keep_weights(tmp_path / "work")
    assert [file.name for file in (tmp_path / "work").glob("*.pth")] == ["best_score_epoch_9.pth"]


class Killed(BaseException):
    pass


def test_a_kill_at_any_point_loses_no_weights(tmp_path, monkeypatch):
    """Before the first change nothing is lost; after each later one the next call ends what was begun."""
    points = 0
    while True:
        folder = tmp_path / str(points)
        whole = ended_training(folder)
        left = [points]

        def counted(function, left=left):
            def run(*args, **options):
                left[0] -= 1
                if left[0] < 0:
                    raise Killed
                return function(*args, **options)

            return run

        with monkeypatch.context() as patch:
            for owner, name in ((Path, "touch"), (Path, "replace"), (Path, "unlink"), (torch, "save")):
                patch.setattr(owner, name, counted(getattr(owner, name)))
            try:
                keep_weights(folder)
                break
            except Killed:
                assert has_ended(folder) or {"epoch_9.pth", "stopped.pth"} <= {file.name for file in folder.iterdir()}
        for file in whole:  # each is whole at any time
            assert torch.equal(
                read_checkpoint(folder / file)["state_dict"]["0.bias"], whole[file]["state_dict"]["0.bias"]
            )
        remove_leftovers(folder)  # as tools/train.py does
        keep_weights(folder)
        assert_weights_alone(folder, whole)
        points += 1
    assert points > 8
