"""`lesion-enhance COMMAND ...`: the tools by one name, where the project is installed without its clone."""

import ast
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from tools.command_line.extras import said
from tools.command_line.run import run

PROGRAM = "lesion-enhance"
TOOLS = {
    "prepare": "prepare_dataset",
    "train": "train",
    "test": "test",
    "search": "search",
    "enhance": "enhance_dataset",
    "colorize": "colorize",
    "froc": "froc_report",
    "table1": "table1_report",
    "classification": "classification_report",
    "attention": "evaluate_attention",
    "colorizer": "evaluate_colorizer",
    "visualize": "visualize_attention",
    "bundle": "bundle",
    "predict": "predict",
    "app": "app",
    "export-onnx": "export_onnx",
}
"""Sub-command to module of tools/."""
FOLDER = Path(__file__).parents[1]


def overview() -> str:
    """Usage, and each sub-command with the first sentence of its help."""
    lines = [f"usage: {PROGRAM} COMMAND ...   ({PROGRAM} COMMAND --help says more)", ""]
    lines += [f"  {name:<16}{_first_sentence(FOLDER / f'{tool}.py')}" for name, tool in TOOLS.items()]
    return renamed("\n".join(lines))


def _first_sentence(file: Path) -> str:
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split()).partition(". ")[0].partition(":")[0].rstrip(".")


def renamed(text: str) -> str:
    """A help with the names that tools have here."""
    for name, module in TOOLS.items():
        text = text.replace(f"python tools/{module}.py", f"{PROGRAM} {name}").replace(f"tools/{module}.py", name)
    return text


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run a sub-command and end the process."""
    name, *rest = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    if name in ("-h", "--help"):
        print(overview())
        sys.exit(0)
    if name not in TOOLS:
        print(f"error: {PROGRAM} has no command {name!r}: {', '.join(TOOLS)}", file=sys.stderr)
        sys.exit(2)
    with said():
        tool = importlib.import_module(f"tools.{TOOLS[name]}")
    tool.__doc__ = renamed(tool.__doc__ or "")
    sys.argv = [f"{PROGRAM} {name}", *rest]
    run(tool.main)
