"""Tables as Markdown and as LaTeX."""

from collections.abc import Iterable, Sequence

from detect.tables import Cell, Table


def markdown(tables: Iterable[Table]) -> str:
    """Write tables for GitHub's Markdown."""
    parts = []
    for table in tables:
        lines = [f"**{table.title}**", "", _markdown_row(table.header), "|---" * len(table.header) + "|"]
        lines += [_markdown_row([_plain(cell) for cell in row]) for row in table.rows]
        parts.append("\n".join([*lines, "", table.note.replace("*", "\\*"), ""]))
    return "\n".join(parts)


def _plain(cell: Cell) -> str:
    text = f"{cell.text} [{cell.interval[0]}, {cell.interval[1]}]" if cell.interval else cell.text
    return f"**{text}**" if cell.strong else text


def _markdown_row(texts: Sequence[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"


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


def latex(tables: Iterable[Table]) -> str:
    r"""Write tables for LaTeX with the package booktabs: `\usepackage{booktabs}`."""
    parts = []
    for table in tables:
        lines = [r"\begin{table}", r"\centering", rf"\caption{{{_tex(table.title)}. {_tex(table.note)}}}"]
        lines += [
            rf"\begin{{tabular}}{{{'l' * table.labels}{'r' * (len(table.header) - table.labels)}}}",
            r"\toprule",
            _tex_row(map(_tex, table.header)),
        ]
        lines += [r"\midrule", *(_tex_row(map(_tex_cell, row)) for row in table.rows)]
        parts.append("\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""]))
    return "% needs \\usepackage{booktabs}\n" + "\n".join(parts)


def _tex(text: str) -> str:
    return text.translate(LATEX_ESCAPES)


def _tex_cell(cell: Cell) -> str:
    text = rf"\textbf{{{_tex(cell.text)}}}" if cell.strong else _tex(cell.text)
    return text + rf" {{\scriptsize [{_tex(cell.interval[0])}, {_tex(cell.interval[1])}]}}" if cell.interval else text


def _tex_row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"
