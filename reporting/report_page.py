"""The page of a report, one self-contained HTML file: style, figures, notes, tables and the command that made it."""

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from data.atomic import atomic_path

PAGE = Path(__file__).parent / "templates/page.html"
"""The plain page, and the base of others: `{% extends "page.html" %}`."""


@dataclass(frozen=True)
class Picture:
    """A picture of a page.

    Attributes:
        data_uri: From `png_uri`.
        caption: Below it.
        wide: It is illegible at the width of the page, so it is larger and scrolls sideways.
    """

    data_uri: str
    caption: str
    wide: bool = False


def render(template: Path, **values: Any) -> str:
    """Fill a template.

    Args:
        template: `PAGE`, or one that extends it by the blocks `style` (more CSS), `lead`, `nav` (more links), `top`
            (what stands before the notes) and `sections` (what follows the tables).
        values: for all pages `title` and `command`, text; `tables`, of `reporting.table.Table`; `notes`, list of text.
            For `PAGE` also `lead`, text, and `figures`, list of `Picture`. The others as the template needs them.

    Raises:
        jinja2.UndefinedError: a value is missing.
    """
    loader = FileSystemLoader([template.parent, PAGE.parent])
    environment = Environment(
        loader=loader, undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["breakable"] = breakable
    return environment.get_template(template.name).render(**values)


def breakable(name: str) -> Markup:
    """Let a browser break a name after _ / . - and between small and capital letters, and nowhere else."""
    return Markup("<wbr>").join(re.split(r"(?<=[_/.-])|(?<=[a-z])(?=[A-Z])", name))


def png_uri(png: bytes) -> str:
    """Return a PNG as the source of an `<img>`."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def save_figure(figure: Figure, path: Path) -> str:
    """Write `path` + .png and `path` + .pdf, each atomically, and return the PNG as `png_uri`."""
    png, pdf = (path.with_name(path.name + suffix) for suffix in (".png", ".pdf"))
    for name in (png, pdf):
        with atomic_path(name) as temporary:
            figure.savefig(temporary, dpi=200)
    return png_uri(png.read_bytes())
