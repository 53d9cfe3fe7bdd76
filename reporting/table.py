"""The tables of a report, as Markdown and as LaTeX; `reporting/templates/page.html` writes them as HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """A number as text, its interval as two texts, and whether it is to stand out."""

    text: str
    interval: tuple[str, str] | None = None
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """A table: `rows` of cells under `header`, the first `labels` columns words; a `note` explains it."""

    title: str
    header: list[str]
    rows: list[list[Cell]]
    note: str
    labels: int = 1


MARKDOWN_ESCAPES = str.maketrans({letter: "\\" + letter for letter in "\\|*`<"})


def markdown(tables: Iterable[Table], notes: Sequence[str] = ()) -> str:
    """Write tables for GitHub's Markdown, and the notes of the report as a list."""
    parts = []
    for table in tables:
        lines = [f"**{table.title}**", "", _markdown_row(map(_md, table.header)), "|---" * len(table.header) + "|"]
        lines += [_markdown_row(map(_markdown_cell, row)) for row in table.rows]
        parts.append("\n".join([*lines, "", _md(table.note), ""]))
    parts += ["".join(f"- {_md(note)}\n" for note in notes)] if notes else []
    return "\n".join(parts)


def _md(text: str) -> str:
    return text.translate(MARKDOWN_ESCAPES)


def _markdown_cell(cell: Cell) -> str:
    text = f"{_md(cell.text)} [{cell.interval[0]}, {cell.interval[1]}]" if cell.interval else _md(cell.text)
    return f"**{text}**" if cell.strong else text


def _markdown_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


LATEX_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        **{letter: "\\" + letter for letter in "&%$#_"},
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "≥": r"$\geq$",
        "–": "--",
        "\N{MINUS SIGN}": "$-$",
    }
)


def latex(tables: Iterable[Table], label: str) -> str:
    r"""Write tables for LaTeX with the package booktabs, `\usepackage{booktabs}`, over the width of the page.

    The first is `\ref{tab:<label>-1}`.
    """
    parts = []
    for number, table in enumerate(tables, 1):
        columns = "l" * table.labels + "r" * (len(table.header) - table.labels)
        parts += [
            r"\begin{table*}\centering\footnotesize\setlength{\tabcolsep}{3pt}",
            rf"\caption{{{_tex(table.title)}. {_tex(table.note)}}}\label{{tab:{label}-{number}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            _tex_row(map(_tex, table.header)),
            r"\midrule",
            *(_tex_row(map(_tex_cell, row)) for row in table.rows),
            r"\bottomrule",
            "\\end{tabular}\n\\end{table*}\n",
        ]
    return "\n".join(["% needs \\usepackage{booktabs}", *parts])


def _tex(text: str) -> str:
    return text.translate(LATEX_ESCAPES)


def _tex_cell(cell: Cell) -> str:
    text = rf"\textbf{{{_tex(cell.text)}}}" if cell.strong else _tex(cell.text)
    return text + rf" {{\tiny [{_tex(cell.interval[0])}, {_tex(cell.interval[1])}]}}" if cell.interval else text


def _tex_row(cells: Iterable[str]) -> str:
    return "{}" + " & ".join(cells) + r" \\"  # {}: a cell that begins with [ or * is no argument of the line before
