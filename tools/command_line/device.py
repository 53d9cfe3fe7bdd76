"""`--device` of the tools."""

from argparse import ArgumentParser, ArgumentTypeError

import torch


def add_device(parser: ArgumentParser) -> None:
    """Give a tool `--device`: a name that `torch.device` takes, by default the GPU where there is one."""
    default = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", type=_device, default=default, help="default: cuda if there is one, else cpu")


def _device(text: str) -> str:
    try:
        device = torch.device(text)
        if device.type != "cuda":  # a first tensor there would take memory of the first GPU in every process
            torch.empty(0, device=device)
    except (AssertionError, ImportError, NotImplementedError, RuntimeError):
        raise ArgumentTypeError(f"PyTorch has no device {text} here; give cpu, cuda or cuda:1") from None
    count = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= count:
        raise ArgumentTypeError(
            f"PyTorch sees {count} GPUs on this machine, so there is no {text}; give another or cpu"
        )
    return text
