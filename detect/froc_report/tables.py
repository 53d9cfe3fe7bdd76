"""What the tables of a FROC report say."""

from typing import Any

from reporting.cells import entry_cell, percent, points
from reporting.significance import is_below, p_text
from reporting.table import Cell, Table

MEASURES = {
    "mean_sensitivity": "mean",
    "cpm": "CPM",
    "partial_area": "area",
    "afroc": "AFROC",
    "afroc1": "AFROC1",
}
"""What the tables call the measures of "summary"."""


def froc_tables(report: dict[str, Any]) -> list[Table]:
    """Return the tables that a `froc.json` dictionary has content for."""
    tables = [_sensitivities(report), _summary(report)]
    if report["paired"]:
        tables.append(_differences(report))
    tables.append(
        _strata(report, "sizes", "Lesion size", "Lesion size", "At the operating points of all lesions together.")
    )
    if any("classes" in system for system in report["systems"].values()):
        note = "Each class has its own curve: its lesions, its detections, its false positives per image."
        tables.append(_strata(report, "classes", "Class", "Class", note))
        note = "At the operating points of all lesions together: the scores of all classes are ranked in one list."
        tables.append(_strata(report, "classes_ranked_together", "Class, ranked together", "Class", note))
    return tables


def _rates(report: dict[str, Any]) -> list[str]:
    return [f"{rate:g}" for rate in report["settings"]["fppi"]]


def _sensitivities(report: dict[str, Any]) -> Table:
    rates = _rates(report)
    rows = [
        [
            Cell(name),
            *(_value(system["sens_at"][rate]) for rate in rates),
            _value(system["summary"]["mean_sensitivity"]),
        ]
        for name, system in report["systems"].items()
    ]
    note = (
        "Percent of the lesions, with 95 % bootstrap intervals (none where all resamples agree, which proves nothing); "
        "mean: of these columns."
    )
    return Table("Sens@N", ["System", *(f"Sens@{rate}" for rate in rates), "Mean"], rows, note + _star(rows))


def _summary(report: dict[str, Any]) -> Table:
    limit = f"{max(report['settings']['fppi']):g}"
    keys = [key for key in ("cpm", "partial_area", "afroc", "afroc1") if _any_value(report, key)]
    names = {"partial_area": f"Area to {limit}"}
    rows = [
        [Cell(name), *(_value(system["summary"][key]) for key in keys)] for name, system in report["systems"].items()
    ]
    note = (
        "Percent. CPM: mean of Sens@1/8, 1/4, 1/2, 1, 2, 4, 8. "
        f"Area: mean sensitivity over 0 to {limit} false positives per image. AFROC: chance that a lesion's score "
        "is above the highest false positive of an image without lesions; AFROC1: of any image; ties, and nothing "
        "against nothing, count half: a silent detector has 50."
    )
    if "afroc" not in keys:
        note += " AFROC is not defined here: no image is without lesions."
    header = ["System", *(names.get(key, MEASURES[key]) for key in keys)]
    return Table("Summary measures", header, rows, note + _star(rows))


def _any_value(report: dict[str, Any], key: str) -> bool:
    return any(system["summary"][key]["value"] is not None for system in report["systems"].values())


def _differences(report: dict[str, Any]) -> Table:
    pairs = list(dict.fromkeys((entry["a"], entry["b"]) for entry in report["paired"]))
    corrected = len(pairs) > 1
    rows = []
    for pair in pairs:
        entries = [
            (entry, f"Sens@{entry['fppi']:g}") for entry in report["paired"] if (entry["a"], entry["b"]) == pair
        ] + [
            (entry, MEASURES[entry["measure"]])
            for entry in report["paired_summary"]
            if (entry["a"], entry["b"]) == pair and entry["difference"] is not None
        ]
        for index, (entry, at) in enumerate(entries):
            name = Cell(f"{pair[0]} \N{MINUS SIGN} {pair[1]}" if index == 0 else "")
            p_values = [Cell(_p_value(entry[key])) for key in (("p", "p_holm") if corrected else ("p",))]
            rows.append([name, Cell(at), entry_cell(entry, points, "difference", strong=is_below(entry)), *p_values])
    note = (
        "Percentage points, both systems counted on the same resamples. p is two-sided; none where too few patients "
        f"have lesions or all resamples agree. Bold: {'p (Holm)' if corrected else 'p'} is below .05."
    )
    if corrected:
        note += f" p (Holm) is corrected over the {len(pairs)} pairs at the same N or by the same measure."
    note += " Nothing is corrected for looking at several N and measures."
    header = ["Pair", "At", "Points", "p", "p (Holm)"] if corrected else ["Pair", "At", "Points", "p"]
    return Table("Differences", header, rows, note, labels=2)


def _strata(report: dict[str, Any], key: str, title: str, column: str, note: str) -> Table:
    rates = _rates(report)
    rows = []
    for name, system in report["systems"].items():
        strata = [stratum for stratum in system.get(key, []) if stratum["num_lesions"]]
        for index, stratum in enumerate(strata):
            cells = [_value(stratum["sens_at"][rate]) for rate in rates]
            lead = [Cell(name if index == 0 else ""), Cell(stratum["name"]), Cell(str(stratum["num_lesions"]))]
            rows.append([*lead, *cells])
    header = ["System", column, "Lesions", *(f"Sens@{rate}" for rate in rates)]
    return Table(title, header, rows, note + _star(rows), labels=2)


def _star(rows: list[list[Cell]]) -> str:
    """Explain the star where there is one."""
    starred = any(cell.text.endswith("*") for row in rows for cell in row[1:])
    return " * The curve ends before this rate; the value is its last." if starred else ""


def _value(entry: dict[str, Any]) -> Cell:
    return entry_cell(entry, percent, star="" if entry.get("reached", True) else "*")


def _p_value(p: float | None) -> str:
    return "–" if p is None else p_text(p)
