"""Tables as Markdown and LaTeX: names of any letters survive, and LaTeX compiles in form."""

from reporting.table import Cell, Table, latex, markdown

TABLE = Table(
    "Title 100 %",
    ["System", "At", "Value"],
    [[Cell("a|b_1"), Cell("≥ 96"), Cell("−5.2", ("−9.0", "−1.0"), strong=True)], [Cell(""), Cell("x"), Cell("60.4*")]],
    "Note: 5 % & more; * ends.",
    labels=2,
)


def test_markdown_by_hand() -> None:
    assert markdown([TABLE]).splitlines() == [
        "**Title 100 %**",
        "",
        "| System | At | Value |",
        "|---|---|---|",
        r"| a\|b_1 | ≥ 96 | **−5.2 [−9.0, −1.0]** |",
        r"|  | x | 60.4\* |",
        "",
        r"Note: 5 % & more; \* ends.",
    ]
    assert markdown([TABLE], ["a|b", "c"]) == markdown([TABLE]) + "\n- a\\|b\n- c\n"


def test_latex_by_hand() -> None:
    lines = latex([TABLE], "froc").splitlines()
    assert lines[0] == r"% needs \usepackage{booktabs}"
    assert r"\caption{Title 100 \%. Note: 5 \% \& more; * ends.}\label{tab:froc-1}" in lines
    assert r"\begin{tabular}{llr}" in lines
    assert r"{}a\textbar{}b\_1 & $\geq$ 96 & \textbf{$-$5.2} {\tiny [$-$9.0, $-$1.0]} \\" in lines
    assert r"{} & x & 60.4* \\" in lines
