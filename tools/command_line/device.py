"""`--device` of the commands."""

from argparse import ArgumentParser

from data.errors import UserError


def add_device(parser: ArgumentParser) -> None:
    """Give a command `--device`, a name that `chosen_device` takes; None where it is not given."""
    parser.add_argument("--device", help="cpu, cuda or cuda:1; default: cuda if there is one, else cpu")


def chosen_device(name: str | None) -> str:
    """The device to compute on: the named one, else the GPU where there is one.

    Raises:
        UserError: PyTorch has no such device on this machine.
    """
    import torch  # here, so that a command parses its arguments without it

    if name is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        if device.type != "cuda":  # a first tensor there would take memory of the first GPU in every process
            torch.empty(0, device=device)
    except (AssertionError, ImportError, NotImplementedError, RuntimeError):
        raise UserError(f"--device {name}: PyTorch has no device {name} here; give cpu, cuda or cuda:1") from None
    count = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= count:
        raise UserError(
            f"--device {name}: PyTorch sees {count} GPUs on this machine, so there is no {name}; give another or cpu"
        )
    return name
