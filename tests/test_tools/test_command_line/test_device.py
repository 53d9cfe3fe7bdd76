"""--device: the GPU where there is one, and names that do not fit the machine."""

from argparse import ArgumentParser

import pytest
import torch

from data.errors import UserError
from tools.command_line.device import add_device, chosen_device


@pytest.fixture(params=[0, 2])
def gpus(request, monkeypatch) -> int:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: request.param > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: request.param)
    return request.param


def chosen(*arguments: str) -> str:
    parser = ArgumentParser()
    add_device(parser)
    return chosen_device(parser.parse_args(arguments).device)


def test_the_default_and_names_that_fit(gpus: int) -> None:
    assert chosen() == ("cuda" if gpus else "cpu")
    for name in ("cpu", *["cuda", "cuda:0", "cuda:1"][: 2 * gpus]):
        assert chosen("--device", name) == name


def test_names_that_do_not_fit(gpus: int) -> None:
    messages = {
        f"cuda:{gpus}": f"sees {gpus} GPUs on this machine, so there is no cuda:{gpus}",
        "gpu": "no device gpu",
        "hpu": "no device hpu",
    }
    if not gpus:
        messages["cuda"] = "there is no cuda; give another or cpu"
    for name, message in messages.items():
        with pytest.raises(UserError) as refused:
            chosen("--device", name)
        assert str(refused.value).startswith(f"--device {name}: ") and message in str(refused.value)
