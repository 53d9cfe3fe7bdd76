"""Pages of the site that come from elsewhere: README, CONTRIBUTING, READMEs of configs, helps of commands, Python.

mkdocs calls the functions `on_*`.
"""

import contextlib
import importlib
import io
import os
import posixpath
import re
import sys
from collections.abc import Container
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
COPIES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "configs/detect/README.md": "configs/detect.md",
    "configs/colorize_gan/README.md": "configs/colorize_gan.md",
}
"""File of the clone to its page."""
API = (
    "detect.predictor.Predictor",
    "detect.prediction.boxes",
    "detect.prediction.onnx_predictor.OnnxPredictor",
    "enhance.fusion",
    "enhance.attention.cawe.CAWE",
    "enhance.attention.base",
    "colorize_gan.model.ColorizationGAN",
    "data.images.image_io",
    "data.coco_file.read",
    "detect.froc.curve",
    "detect.froc.matching",
    "detect.froc.bootstrap",
)
"""What the Python page documents."""
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)]*)?(\))")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are no files of docs/."""
    for source, page in COPIES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=relinked(text, source, page)))
    helps = _helps()
    for name, text in helps.items():
        content = f"# lesion-enhance {name}\n\n```text\n{text.rstrip()}\n```\n"
        files.append(File.generated(config, f"commands/{name}.md", content=content))
    files.append(File.generated(config, "commands/index.md", content=_overview(helps)))
    for name, content in _notebook(ROOT / "docs/tour.ipynb").items():
        files.append(File.generated(config, name, content=content))
    blocks = "\n\n".join(f"::: {name}" for name in API)
    files.append(File.generated(config, "python.md", content=f"# Python\n\n{blocks}\n"))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Let links of docs/ to files beyond it lead to their pages."""
    if page.file.src_uri in COPIES.values():
        return markdown
    return relinked(markdown, f"docs/{page.file.src_uri}", page.file.src_uri, {file.src_uri for file in files})


def relinked(text: str, source: str, page: str, made: Container[str] = ()) -> str:
    """Links of a file of the clone as links of its page; what has no page is named without a link.

    Args:
        source: the file, relative to the clone.
        page: relative to the site.
        made: what the site has beside the files of the clone.
    """

    def place(match: re.Match[str]) -> str:
        before, target, anchor, after = match.groups()
        if "://" in target or target.startswith("mailto:"):
            return match.group(0)
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        there = COPIES.get(file, file.removeprefix("docs/") if file.startswith("docs/") else None)
        there = there and there.replace(".ipynb", ".md")
        if there is None or not ((ROOT / file).is_file() or there in made):
            return f"{before}{posixpath.relpath('index.md', posixpath.dirname(page) or '.')}{after}"
        return f"{before}{posixpath.relpath(there, posixpath.dirname(page) or '.')}{anchor or ''}{after}"

    return LINK.sub(place, text)


def _notebook(file: Path) -> dict[str, str | bytes]:
    """A notebook with its outputs as a page, and its pictures."""
    from nbconvert import MarkdownExporter

    text, resources = MarkdownExporter().from_filename(str(file), {"unique_key": file.stem})
    text = text.replace("![png](", "![what the cell above draws](")
    return {f"{file.stem}.md": text, **resources["outputs"]}


def _helps() -> dict[str, str]:
    """What each sub-command prints for --help, 100 columns wide."""
    sys.path.insert(0, str(ROOT))
    os.environ["COLUMNS"] = "100"
    from tools.command_line.subcommands import PROGRAM, TOOLS, renamed

    helps, argv = {}, sys.argv
    for name, module in TOOLS.items():
        tool: Any = importlib.import_module(f"tools.{module}")
        tool.__doc__ = renamed(tool.__doc__ or "")
        text, sys.argv = io.StringIO(), [f"{PROGRAM} {name}"]
        with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
            tool.parse_args(["--help"])
        helps[name] = text.getvalue()
    sys.argv = argv
    return helps


def _overview(helps: dict[str, str]) -> str:
    from tools.command_line.subcommands import TOOLS, overview

    lines = [line.split(maxsplit=1) for line in overview().splitlines()[2:]]
    rows = "\n".join(f"| [`{name}`]({name}.md) | {text} | `tools/{TOOLS[name]}.py` |" for name, text in lines)
    return f"# Commands\n\n| `lesion-enhance ...` | what it does | in the clone |\n| --- | --- | --- |\n{rows}\n"
