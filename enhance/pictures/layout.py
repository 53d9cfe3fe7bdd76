"""Rows of pictures with their labels: where things stand on a page, and the files of pages."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from data.atomic import atomic_path
from enhance.evaluation.measures.roi import Box
from enhance.pictures.overlay import color_key

PANEL, LABEL, GAP, LINE, NOTE, KEY = 1.7, 1.65, 0.07, 0.145, 0.12, 0.3
"""Inches: width of a panel, of the labels, between panels; height of a line of text, of a note, of the color key."""
LABEL_LETTERS, TITLE_LETTERS = 22, 26
"""Letters that fit into a line of a label and of a title, at 8 points."""
FLATTEST, TALLEST = 0.4, 2.0
"""Height of a panel, in widths; a picture beyond it gets smaller."""
DPI = 200


@dataclass(frozen=True)
class Panel:
    """One picture.

    Attributes:
        picture: (h, w) gray or (h, w, 3) RGB, uint8.
        title: Above it; empty for none.
        boxes: (x, y, width, height) in pixels of the row's `size`; cut to the image.
    """

    picture: np.ndarray
    title: str = ""
    boxes: Sequence[Box] = ()


@dataclass(frozen=True)
class Row:
    """Panels that all show an image of `size` (height, width), however many pixels their pictures have."""

    size: tuple[int, int]
    panels: Sequence[Panel]
    label: str = ""

    @property
    def height(self) -> float:
        """Of its panels, in inches."""
        return PANEL * float(np.clip(self.size[0] / self.size[1], FLATTEST, TALLEST))

    @property
    def label_lines(self) -> list[str]:
        """The label, wrapped."""
        return _wrapped(self.label, LABEL_LETTERS)

    @property
    def space(self) -> float:
        """Inches that panels and label need, the higher of both."""
        return max(self.height, LINE * len(self.label_lines))

    @property
    def title_lines(self) -> int:
        """Lines that the longest title needs."""
        return max(len(_wrapped(panel.title, TITLE_LETTERS)) for panel in self.panels)


def page(rows: Sequence[Row], threshold: float | None = None, note: str = "") -> Figure:
    """Draw rows of pictures below one another, labels on their left, each picture at its image's aspect ratio.

    Args:
        rows: At least one.
        threshold: That of the overlays: a key to their colors stands below. None for no key.
        note: Below everything, one sentence per line.
    """
    labels = LABEL if any(row.label for row in rows) else 0.0
    notes = ([] if threshold is None else ["Color: share of the map's maximum. White: not drawn."]) + note.splitlines()
    foot = NOTE * len(notes) + (KEY if threshold is not None else 0)
    width = GAP + labels + (PANEL + GAP) * max(len(row.panels) for row in rows)
    height = GAP + sum(row.title_lines * LINE + row.space + GAP for row in rows) + foot
    figure = Figure(figsize=(width, height))
    top = height - GAP
    for row in rows:
        top -= row.title_lines * LINE
        label = "\n".join(row.label_lines)
        figure.text(GAP / width, (top - row.space / 2) / height, label, fontsize=8, va="center", parse_math=False)
        for index, panel in enumerate(row.panels):
            left = GAP + labels + index * (PANEL + GAP)
            axes = figure.add_axes((left / width, (top - row.height) / height, PANEL / width, row.height / height))
            _draw(axes, row, panel)
        top -= row.space + GAP
    left = (GAP + labels) / width
    if threshold is not None:
        _draw_key(figure.add_axes((left, (foot - 0.11) / height, 2 * PANEL / width, 0.1 / height)), threshold)
    figure.text(left, 0.04 / height, "\n".join(notes), fontsize=7, va="bottom", parse_math=False)
    return figure


def write_pages(pages: Iterable[Figure], stem: Path) -> list[Path]:
    """Write figures to STEM.png, STEM_2.png, ... and all to STEM.pdf; pages of an earlier run beyond them are removed.

    Returns:
        The PNG files.
    """
    written = []
    with atomic_path(stem.with_name(f"{stem.name}.pdf")) as temporary, PdfPages(temporary) as pdf:
        for number, figure in enumerate(pages, start=1):
            written.append(stem.with_name(f"{stem.name}{f'_{number}' if number > 1 else ''}.png"))
            with atomic_path(written[-1]) as temporary_png:
                figure.savefig(temporary_png, dpi=DPI)
            pdf.savefig(figure, dpi=DPI)
    further = len(written) + 1
    while (old := stem.with_name(f"{stem.name}_{further}.png")).exists():
        old.unlink()
        further += 1
    return written


def frame(axes: Axes) -> None:
    """A thin line around a picture, no ticks."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(color="#999999", linewidth=0.4)


def _draw(axes: Axes, row: Row, panel: Panel) -> None:
    height, width = row.size
    axes.imshow(panel.picture, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
    axes.set_anchor("N")
    frame(axes)
    axes.set_title("\n".join(_wrapped(panel.title, TITLE_LETTERS)), fontsize=8, pad=2, parse_math=False)
    for x, y, box_width, box_height in panel.boxes:
        left, right = np.clip((x, x + box_width), 0, width)
        upper, lower = np.clip((y, y + box_height), 0, height)
        edge = Rectangle((left, upper), right - left, lower - upper, fill=False, edgecolor="yellow", clip_on=False)
        edge.set_path_effects([withStroke(linewidth=2.2, foreground="black")])
        axes.add_patch(edge)


def _draw_key(axes: Axes, threshold: float) -> None:
    axes.imshow(color_key(threshold), extent=(0, 1, 0, 1), aspect="auto")
    axes.set_yticks([])
    axes.set_xticks([0, threshold, 1] if 0.05 < threshold < 0.95 else [0, 1])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.tick_params(labelsize=7, length=2, pad=1)


def _wrapped(text: str, letters: int) -> list[str]:
    """Lines of at most `letters`; line breaks stay."""
    return [line for part in text.splitlines() for line in textwrap.wrap(part, letters)]
