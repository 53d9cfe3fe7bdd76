"""The FROC curves of a group of rows (paper 002, Fig. 4), averaged over repeats."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from detect.table1.wording import label
from reporting.axes import COLORS
from reporting.curves import LINE_STYLES, draw_band, draw_steps, finish_froc

BASELINE = "#444444"


def group_figure(report: dict[str, Any], group: str) -> Figure:
    """Draw the mean curve of each row of a group, and the 95 % interval of its baseline as a band.

    The baseline is gray and dashed. The vertical axis holds what lies right of half the smallest N. A cross ends a
    curve whose last repeat stops inside the figure.
    """
    rows = {key: row for key, row in report["rows"].items() if row["group"] == group}
    right = max(float(row["band"]["fp_per_image"][-1]) for row in rows.values() if "band" in row)
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.add_subplot()
    for index, (key, row) in enumerate(rows.items()):
        is_baseline = key == row["baseline"]
        color = BASELINE if is_baseline else COLORS[(index - 1) % (len(COLORS))]
        style = "--" if is_baseline else LINE_STYLES[0 if index <= len(COLORS) else 2]
        draw_steps(axes, row["curve"]["fp_per_image"], row["curve"]["sensitivity"], (0.0, right), color, style)
        if "band" in row:
            band = row["band"]
            draw_band(axes, band["fp_per_image"], band["low"], band["high"], 0.0, color)
    axes.set(xlim=(0, right), ylim=_limits(rows, min(report["settings"]["fppi"]) / 2))
    finish_froc(figure, axes, [label(report, key) for key in rows])
    return figure


def _limits(rows: dict[str, Any], left: float) -> tuple[float, float]:
    """Return the tenths around all that is drawn from the rate `left` on."""
    drawn = []
    for row in rows.values():
        drawn.append(_from(row["curve"]["fp_per_image"], row["curve"]["sensitivity"], left))
        if "band" in row:
            drawn += [_from(row["band"]["fp_per_image"], row["band"][side], left) for side in ("low", "high")]
    values = np.concatenate(drawn)
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    low = np.floor(low * 10) / 10
    return low, max(low + 0.1, min(1.02, np.ceil(high * 10) / 10))


def _from(rates: Any, values: Any, left: float) -> np.ndarray:
    """The values of a step curve from a rate on, the one that it comes with included."""
    first = max(0, int(np.searchsorted(rates, left, side="right")) - 1)
    return np.array(values, float)[first:]
