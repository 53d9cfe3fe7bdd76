"""A missing package is told by the extra that brings it."""

import ast

import pytest

from tests.paths import ROOT
from tools.command_line.extras import EXTRAS, said


@pytest.mark.parametrize(
    ("module", "extra"), [("torch.nn", "predict"), ("mmengine", "predict"), ("optuna", "train"), ("onnx", "onnx")]
)
def test_the_extra_is_named(module, extra, capsys):
    with pytest.raises(SystemExit) as stop, said():
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f'error: {module.split(".")[0]} is not installed; pip install "lesion-enhance[{extra}]"')
    assert ("to train too" in error) == (extra == "predict")


def test_a_fault_of_ours_keeps_its_traceback():
    with pytest.raises(ModuleNotFoundError, match="data.nowhere"), said():
        import data.nowhere  # noqa: F401


def test_setup_has_these_extras():
    tree = ast.parse((ROOT / "setup.py").read_text())
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "extras_require")
    assert isinstance(call.value, ast.Dict)
    assert set(EXTRAS.values()) <= {key.value for key in call.value.keys if isinstance(key, ast.Constant)}
