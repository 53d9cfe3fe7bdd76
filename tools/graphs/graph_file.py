"""Write a module of PyTorch as a graph in an ONNX file."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from data.atomic import atomic_path
from data.errors import UserError

OPERATORS = 18
"""Version of ONNX's operator set: the first whose `Resize` shrinks without aliasing."""
INT64 = 7
"""ONNX's number for it."""
Axes = Mapping[int, str]
"""The axes of a tensor whose length varies, with a name for each."""


def write_graph(
    module: nn.Module, inputs: Mapping[str, tuple[Tensor, Axes]], outputs: Mapping[str, Axes], file: Path
) -> None:
    """Trace a module, in eval mode from then on, and write it.

    By PyTorch's older exporter, which follows what is computed; the newer one asks how many boxes there are, which
    depends on the image.

    Args:
        inputs: name, example and axes of each argument, in their order.
        outputs: name and axes of each result.

    Raises:
        UserError: onnx is not installed, or the module has an operator that ONNX lacks.
    """
    torch.onnx.register_custom_op_symbolic("aten::_upsample_bilinear2d_aa", _shrink_without_aliasing, OPERATORS)
    with warnings.catch_warnings(), torch.no_grad(), atomic_path(file) as temporary:
        warnings.simplefilter("ignore")  # of values that Python sees; `tools.graphs.comparison` finds those that matter
        try:
            torch.onnx.export(
                module.eval(),
                tuple(example for example, _ in inputs.values()),
                str(temporary),
                opset_version=OPERATORS,
                dynamo=False,
                input_names=[*inputs],
                output_names=[*outputs],
                dynamic_axes={**{name: axes for name, (_, axes) in inputs.items()}, **outputs},
            )
        except torch.onnx.OnnxExporterError as error:
            reason = str(error).splitlines()[0]
            raise UserError(f'ONNX: {reason} (if onnx is missing: pip install "lesion-enhance[onnx]")') from error


def _shrink_without_aliasing(g: Any, image: Any, size: Any, align_corners: Any, factors: Any) -> Any:
    """`interpolate(image, size, mode="bilinear", antialias=True)`, which that exporter does not know.

    `exclude_outside`, since PyTorch counts nothing beyond the border.
    """
    channels = g.op("Slice", g.op("Shape", image), _constant(g, [0]), _constant(g, [2]))
    sides = [g.op("Unsqueeze", g.op("Cast", side, to_i=INT64), _constant(g, [0])) for side in size.node().inputs()]
    unused = g.op("Constant", value_t=torch.tensor([], dtype=torch.float32))
    sizes = g.op("Concat", channels, *sides, axis_i=0)
    options = dict(mode_s="linear", coordinate_transformation_mode_s="half_pixel", antialias_i=1, exclude_outside_i=1)
    return g.op("Resize", image, unused, unused, sizes, **options)


def _constant(g: Any, values: list[int]) -> Any:
    return g.op("Constant", value_t=torch.tensor(values))
