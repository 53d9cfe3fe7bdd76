"""The base page: what it shows, what a page that extends it may add, and the figures beside it."""

import base64

import pytest
from jinja2 import UndefinedError
from matplotlib.figure import Figure

from reporting.report_page import PAGE, Picture, breakable, png_uri, render, save_figure
from reporting.table import Cell, Table
from tests.in_chromium import check_for_everybody

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
TABLE = Table(
    "A < B",
    ["System", "Points", "Share"],
    [[Cell("my_net"), Cell("−5.2", ("−9.0", "+1.0"), strong=True), Cell("60.4", ("50.0", "70.0"))]],
    "A note & more.",
)
VALUES = dict(title="T & t", command="make 'it'", tables=[TABLE], notes=["Be <careful>."])


@pytest.mark.parametrize("width", [1280, 390])
def test_everybody_can_read_it(browser, tmp_path, width) -> None:
    pixel = png_uri(base64.b64decode(PIXEL))
    figures = [Picture(pixel, "Narrow"), Picture(pixel, "Wide", wide=True)]
    (tmp_path / "page.html").write_text(render(PAGE, **VALUES, lead="Four images.", figures=figures))
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((tmp_path / "page.html").as_uri())
    check_for_everybody(page)
    page.close()


def test_the_plain_page_says_it_all() -> None:
    page = render(PAGE, **VALUES, lead="Four images.", figures=[Picture("data:x", "What > is seen")])
    for wanted in (
        "<title>T &amp; t</title>",
        "<h1>T &amp; t</h1>",
        "Four images.",
        '<a href="#table-1">A &lt; B</a>',
        '<h2 id="table-1">A &lt; B</h2>',
        '<img src="data:x" alt="What &gt; is seen"><figcaption>What &gt; is seen</figcaption>',
        '<th class="label">System</th><th>Points</th>',
        '<td class="label">my_<wbr>net</td>',
        '<td class="clear">−5.2<span class="ci">−9.0 to +1.0</span></td>',
        '<td>60.4<span class="ci">50.0–70.0</span></td>',
        '<p class="small">A note &amp; more.</p>',
        '<p class="note">Be &lt;careful&gt;.</p>',
        "<pre>make &#39;it&#39;</pre>",
    ):
        assert page.count(wanted) == 1, wanted
    assert "http" not in page and "url(" not in page and "<script" not in page


def test_a_page_extends_it_and_has_its_own_values(tmp_path) -> None:
    blocks = {"style": "b { }", "lead": "{{ mine }}", "nav": "<a href='#x'></a>", "top": "TOP", "sections": "END"}
    text = "".join(f"{{% block {name} %}}{content}{{% endblock %}}" for name, content in blocks.items())
    (tmp_path / "mine.html").write_text('{% extends "page.html" %}' + text)
    page = render(tmp_path / "mine.html", **VALUES, mine="My own.")
    order = ("b { }", "<h1>", "My own.", "#x", "TOP", "Be &lt;careful", "<table>", "END", "<pre>")
    assert [page.count(part) for part in order] == [1] * len(order)
    assert sorted(order, key=page.index) == list(order)


def test_a_wide_figure_scrolls_and_others_do_not() -> None:
    pictures = [Picture("data:x", "Narrow"), Picture("data:y", "Wide", wide=True)]
    page = render(PAGE, **VALUES | {"tables": []}, lead="", figures=pictures)
    assert '<figure><img src="data:x" alt="Narrow"><figcaption>Narrow' in page
    scrolling = (
        '<div class="scroll" role="region" aria-label="picture" tabindex="0"><img src="data:y" alt="Wide"></div>'
    )
    assert f"{scrolling}<figcaption>Wide" in page
    assert page.count('class="scroll"') == 1


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="figures"):
        render(PAGE, **VALUES, lead="")


def test_names_break_at_their_joints_and_are_escaped() -> None:
    assert breakable("a<b>_color/CaweMap") == "a&lt;b&gt;_<wbr>color/<wbr>Cawe<wbr>Map"


def test_figures_are_files_and_part_of_the_page(tmp_path) -> None:
    figure = Figure(figsize=(1, 1))
    uri = save_figure(figure, tmp_path / "new" / "loss.of.a")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"loss.of.a.png", "loss.of.a.pdf"}
    png = (tmp_path / "new/loss.of.a.png").read_bytes()
    assert png.startswith(b"\x89PNG") and (tmp_path / "new/loss.of.a.pdf").read_bytes().startswith(b"%PDF")
    assert uri == png_uri(png) and base64.b64decode(uri.removeprefix("data:image/png;base64,")) == png
