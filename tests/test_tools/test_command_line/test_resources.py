"""Too little memory is one sentence, and no process that reads is left."""

import os
import signal
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch

from data.errors import UserError
from tools.command_line.resources import explained, readers_ended


def test_the_memory_of_the_gpu_is_out():
    with (
        pytest.raises(UserError, match=r"memory of the GPU is out: .* train_dataloader.batch_size=N"),
        explained("train_dataloader"),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")


def test_an_option_that_nothing_takes():
    message = "an option that nothing takes: .*'colour'; check --cfg-options"
    with pytest.raises(UserError, match=message), explained("train_dataloader"):
        (lambda size: size)(colour=1)
    with pytest.raises(TypeError, match="another"), explained("train_dataloader"):
        raise TypeError("another fault")


class Doomed(torch.utils.data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        os.kill(os.getpid(), signal.SIGKILL)  # as the kernel does when the memory is out


def test_a_reader_was_killed():
    with (
        pytest.raises(UserError, match=r"was killed, perhaps .* test_dataloader.num_workers=N"),
        explained("test_dataloader"),
    ):
        list(torch.utils.data.DataLoader(Doomed(), num_workers=1))


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), ValueError("another")])
def test_other_errors_stay(error):
    with pytest.raises(type(error)) as raised, explained("train_dataloader"):
        raise error
    assert raised.value is error


@pytest.mark.parametrize("error", [None, ValueError("another")])
def test_no_reader_is_left(error):
    loader = torch.utils.data.DataLoader(range(4), num_workers=2, persistent_workers=True)
    loops = dict(_train_loop=None, _val_loop=SimpleNamespace(dataloader=loader), _test_loop=dict(type="TestLoop"))
    with pytest.raises(ValueError) if error else nullcontext(), readers_ended(SimpleNamespace(**loops)):
        list(loader)
        readers = loader._iterator._workers
        assert all(reader.is_alive() for reader in readers)
        if error:
            raise error
    assert [reader.exitcode for reader in readers] == [0, 0]
