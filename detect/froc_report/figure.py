"""The figures of a report: FROC curves with their bands, and the scores of hits and false positives."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reporting.axes import COLORS
from reporting.curves import LINE_STYLES, draw_band, draw_steps, finish_froc

MOST_BANDS = 3
"""With more systems the bands would cover one another and are left out."""
LOGARITHMIC_FROM = 16
"""Rates that span at least this factor are drawn on a logarithmic axis, as is usual for 1/8 ... 8."""


def froc_figure(report: dict[str, Any]) -> Figure:
    """Draw the curves of a `froc.json` dictionary up to a little beyond the largest rate.

    Curves are steps: between two thresholds nothing is detected that could be drawn. A cross ends a curve that stops
    inside the figure. The band (with few systems) is the 95 % interval at each rate. Dots and bars are Sens@N with its
    interval, side by side; a hollow dot is the last value of a curve that ends before N.
    """
    rates = np.array(report["settings"]["fppi"], float)
    logarithmic = rates.max() / rates.min() >= LOGARITHMIC_FROM
    left, right = (rates.min() / 1.6 if logarithmic else 0.0), rates.max() * 1.15
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.add_subplot()
    if logarithmic:
        axes.set_xscale("log")
        axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
        axes.minorticks_off()
    systems = list(report["systems"].items())
    for index, (_, system) in enumerate(systems):
        color, line_style = COLORS[index % len(COLORS)], LINE_STYLES[index // len(COLORS) % len(LINE_STYLES)]
        curve, band = system["curve"], system["band"]
        draw_steps(axes, curve["fp_per_image"], curve["sensitivity"], (left, right), color, line_style)
        if len(systems) <= MOST_BANDS:
            draw_band(axes, band["fp_per_image"], band["low"], band["high"], left, color)
        _draw_bars(axes, system, _bar_places(rates, index, len(systems), logarithmic), color)
    axes.set(xlim=(left, right), ylim=(0, 1.02))
    finish_froc(figure, axes, [name for name, _ in systems])
    return figure


def _bar_places(rates: np.ndarray, index: int, count: int, logarithmic: bool) -> np.ndarray:
    """Return x of a system's bars: beside the rates, so that no system's bar hides another's."""
    shift = (index / (count - 1) - 0.5) if count > 1 else 0.0
    if logarithmic:
        return rates * 1.1**shift
    return rates + shift * 0.14 * min([*np.diff(np.sort(rates)), rates.min()])


def _draw_bars(axes: Axes, system: dict[str, Any], places: np.ndarray, color: str) -> None:
    points = list(system["sens_at"].values())
    value = np.array([p["value"] for p in points])
    low, high = np.array([p["ci95"] for p in points], float).T
    bars = np.clip([value - low, high - value], 0, None)
    axes.errorbar(places, value, bars, fmt="none", color=color, elinewidth=1.2, capsize=2.5)
    for place, point in zip(places, points, strict=True):
        face = color if point["reached"] else "white"
        axes.plot(place, point["value"], "o", markersize=4, color=color, markerfacecolor=face, clip_on=False)


def score_figure(report: dict[str, Any]) -> Figure:
    """Draw, for each system, how many hits and false positives have which score, and the thresholds of Sens@N."""
    systems = report["systems"]
    figure = Figure(figsize=(6.4, 0.5 + 1.7 * len(systems)), layout="constrained")
    rows = figure.subplots(len(systems), squeeze=False)[:, 0]
    for axes, (name, system) in zip(rows, systems.items(), strict=True):
        edges = system["scores"]["edges"]
        axes.stairs(system["scores"]["false_positives"], edges, fill=True, color="#e0a899", label="false positives")
        axes.stairs(system["scores"]["hits"], edges, color="#1f5fa8", linewidth=1.6, label="lesions found")
        axes.set_yscale("symlog", linthresh=1)
        axes.set_ylim(bottom=0)
        for rate, point in system["sens_at"].items():
            if point["threshold"] is not None:
                axes.axvline(point["threshold"], color="#555555", linewidth=0.8, linestyle=":")
                top = axes.get_xaxis_transform()
                axes.text(point["threshold"], 1.0, rate, transform=top, fontsize=7, ha="center", va="bottom")
        axes.set_title(name, fontsize=9, loc="left", pad=12, parse_math=False)
        axes.set_ylabel("detections", fontsize=8)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    rows[-1].set_xlabel("Score (dotted: the threshold at N false positives per image)", fontsize=8)
    rows[0].legend(fontsize=8, frameon=False)
    return figure
