"""Checkpoints hold weights and values; one that names a program is refused on every way into mmengine."""

import os
import pickle
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader
from safetensors.torch import save_file

from data.errors import UserError
from training.checkpoints import read_checkpoint
from training.safe_loading import TRUST, load_checkpoint_file


class Call:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def poison(path: Path, content=None, zipped: bool = True) -> Path:
    """A checkpoint that makes the file `path.ran` when it is unpickled."""
    content = {} if content is None else content
    call = Call(os.system, f"touch {path}.ran")
    torch.save({"state_dict": content, "meta": call}, path, _use_new_zipfile_serialization=zipped)
    return path


@pytest.mark.parametrize("zipped", [True, False])
def test_a_poisoned_checkpoint_is_refused(tmp_path, zipped):
    file = poison(tmp_path / "a.pth", zipped=zipped)
    for read in (load_checkpoint_file, read_checkpoint, partial(CheckpointLoader.load_checkpoint, map_location="cpu")):
        with pytest.raises(UserError, match=rf"a.pth is not loaded, .*system.*set {TRUST}=1") as error:
            read(str(file))
        assert "\n" not in str(error.value)
    assert not Path(f"{file}.ran").exists()


def test_pytorchs_variable_is_the_only_way_to_trust(tmp_path, monkeypatch):
    file = poison(tmp_path / "a.pth")
    with pytest.raises(UserError):
        load_checkpoint_file(file, weights_only=False)
    monkeypatch.setenv(TRUST, "1")
    load_checkpoint_file(file)
    assert Path(f"{file}.ran").exists()


def test_an_address_is_no_way_around(tmp_path, monkeypatch):
    poison(tmp_path / "a.pth")
    torch.save({"state_dict": {"w": torch.ones(2)}}, tmp_path / "good.pth")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert read_checkpoint(f"{address}/good.pth")["state_dict"]["w"].sum() == 2
        with pytest.raises(UserError, match="could run a program"):
            read_checkpoint(f"{address}/a.pth")
        server.shutdown()
    assert not (tmp_path / "a.pth.ran").exists()


@pytest.mark.parametrize(("owner", "name"), [(os, "system"), (HistoryBuffer, "__init__"), (HistoryBuffer, "__class__")])
def test_getattr_is_for_statistics_only(tmp_path, owner, name):
    torch.save({"a": Call(getattr, owner, name)}, tmp_path / "a.pth") if owner is not os else None
    if owner is os:  # a module does not pickle: by its name, as an attacker would write it
        (tmp_path / "a.pth").write_bytes(b"cbuiltins\ngetattr\n(cos\npath\nS'system'\ntR.")
    with pytest.raises((UserError, UnpicklingError)):
        load_checkpoint_file(tmp_path / "a.pth")


def test_what_mmengine_saves_comes_back(tmp_path):
    buffer = HistoryBuffer([1.0, 3.0], [1, 1])
    buffer.register_statistics  # noqa: B018  as mmengine's
    numbers = {"score": np.float64(0.5), "count": np.int64(3), "flag": np.bool_(True), "row": np.arange(3, dtype="f4")}
    torch.save({"message_hub": {"log_scalars": {"loss": buffer}, "runtime_info": numbers}}, tmp_path / "a.pth")
    hub = load_checkpoint_file(tmp_path / "a.pth")["message_hub"]
    assert hub["log_scalars"]["loss"].mean() == 2 and hub["log_scalars"]["loss"].max() == 3
    assert hub["runtime_info"]["score"] == 0.5 and hub["runtime_info"]["row"].tolist() == [0, 1, 2]


def test_safetensors(tmp_path):
    save_file({"w": torch.ones(2)}, tmp_path / "a.safetensors")
    assert read_checkpoint(tmp_path / "a.safetensors")["w"].tolist() == [1, 1]


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\3\4 cut", pickle.dumps([1, 2], 5)[:-3]])
def test_garbage_is_damaged_and_nobody_is_told_to_trust_it(tmp_path, content):
    (tmp_path / "a.pth").write_bytes(content)
    with pytest.raises(UserError, match="a.pth is damaged or no checkpoint") as error:
        read_checkpoint(tmp_path / "a.pth")
    assert TRUST not in str(error.value) and "\n" not in str(error.value)
