"""What the tables of a Table 1 report say, from a `table1.json` dictionary."""

from collections.abc import Callable, Iterator
from typing import Any

from detect.table1.evaluation import MEAN
from detect.table1.row_names import short_name, split_key
from detect.table1.wording import counting, is_significant, trained_once
from reporting.cells import NONE, entry_cell, percent, points
from reporting.significance import p_text
from reporting.table import Cell, Table

BOLD = "Bold: p (Holm) of the mean, which decides, is below .05, and the row and its baseline have repeats."


def table1_tables(report: dict[str, Any]) -> list[Table]:
    """Return the tables that there is content for; the first is in the shape of paper 002, Table 1."""
    tables = [main_table(report)]
    if report["differences"]:
        tables += [_differences(report), _p_values(report)]
    if any(row["num_repeats"] > 1 for row in report["rows"].values()):
        tables.append(_spread(report))
    if report["negatives"]:
        tables.append(_negatives(report))
    if report["costs"]:
        tables.append(_costs(report))
    return tables


def _columns(report: dict[str, Any]) -> list[str]:
    return [*(f"{rate:g}" for rate in report["settings"]["fppi"]), MEAN]


def _header(report: dict[str, Any]) -> list[str]:
    return ["Mean" if at == MEAN else f"Sens@{at}" for at in _columns(report)]


def main_table(report: dict[str, Any]) -> Table:
    """The sensitivities, the best of each group and column bold, and the published ones beside them."""
    published = _published_rates(report)
    rows = []
    for key, row in report["rows"].items():
        cells = [_value(row["sens_at"][at], at in _best_at(report, row)) for at in _columns(report)]
        rows.append([Cell(row["name"]), *cells, *_published_cells(report, key, published)])
    note = (
        "Percent of the lesions found at N false positives per image, mean over the repeats, with 95 % bootstrap "
        f"intervals. Mean: of these columns. Bold: the best of its group. {counting(report)}"
    )
    if any(not cell["reached"] for row in report["rows"].values() for cell in row["sens_at"].values()):
        note += " * A curve ends before this N; its last value stands in."
    if published:
        source = report["published"]
        note += " " + " ".join(filter(None, [f"Paper: {source['source']}.", source["note"]]))
    header = ["Method", *_header(report), *(f"Paper @{rate}" for rate in published)]
    return Table("Sens@N", header, rows, note)


def _best_at(report: dict[str, Any], row: dict[str, Any]) -> Iterator[str]:
    """Yield the columns in which a row is the best of its group, as far as the table shows digits."""
    peers = [peer for peer in report["rows"].values() if peer["group"] == row["group"]]
    for at in _columns(report):
        best = max(peer["sens_at"][at]["value"] for peer in peers)
        if len(peers) > 1 and percent(row["sens_at"][at]["value"]) == percent(best):
            yield at


def _value(entry: dict[str, Any], strong: bool) -> Cell:
    return entry_cell(entry, percent, star="" if entry["reached"] else "*", strong=strong)


def _published_rates(report: dict[str, Any]) -> list[str]:
    """The N of ours that are published for a row of ours."""
    published = report["published"]
    if not published or not published["rows"].keys() & report["rows"].keys():
        return []
    theirs = [f"{rate:g}" for rate in published["fppi"]]
    return [at for at in _columns(report) if at in theirs]


def _published_cells(report: dict[str, Any], key: str, rates: list[str]) -> list[Cell]:
    if not rates or key not in report["published"]["rows"]:
        return [NONE] * len(rates)
    values = published_values(report["published"], key)
    return [Cell(f"{values[rate]:.1f}") for rate in rates]


def published_values(published: dict[str, Any], key: str) -> dict[str, float]:
    """Return the published percent of a row by N, as the columns name it."""
    return dict(zip(map("{:g}".format, published["fppi"]), published["rows"][key], strict=True))


def _differences(report: dict[str, Any]) -> Table:
    def cell(entry: dict[str, Any]) -> Cell:
        return entry_cell(entry, points, "difference", strong=is_significant(report, entry))

    note = (
        "Percentage points, row minus baseline, both counted on the same resamples of the patients and each on its own "
        f"draws of repeats. {BOLD}"
    )
    return Table("Differences to the baseline", ["Row", *_header(report)], _by_row(report, cell), note)


def _p_values(report: dict[str, Any]) -> Table:
    def cell(entry: dict[str, Any]) -> Cell:
        if entry["p"] is None:
            return NONE
        return Cell(f"{p_text(entry['p_holm'])} ({p_text(entry['p'])})", strong=is_significant(report, entry))

    tests = len({entry["a"] for entry in report["differences"]})
    over = f"corrected over all {tests} differences of a column" if tests > 1 else "here one difference per column"
    note = (
        f"p (Holm), two-sided, {over}; in brackets p before it. None with too few patients or where all resamples "
        f"agree. Nothing is corrected for looking at several columns. {BOLD}"
    )
    if any(trained_once(report, entry) for entry in report["differences"]):
        note += " Where a row or its baseline was trained once, p covers the choice of patients only."
    return Table("p of the differences", ["Row", *_header(report)], _by_row(report, cell), note)


def _by_row(report: dict[str, Any], cell: Callable[[dict[str, Any]], Cell]) -> list[list[Cell]]:
    rows = []
    for key in dict.fromkeys(entry["a"] for entry in report["differences"]):
        entries = [entry for entry in report["differences"] if entry["a"] == key]
        rows.append([Cell(report["rows"][key]["name"]), *map(cell, entries)])
    return rows


def _spread(report: dict[str, Any]) -> Table:
    rows = []
    for row in report["rows"].values():
        cells = [row["sens_at"][at]["sd"] for at in _columns(report)]
        rows.append(
            [
                Cell(row["name"]),
                Cell(str(row["num_repeats"])),
                *(NONE if sd is None else Cell(f"{100 * sd:.1f}") for sd in cells),
            ]
        )
    note = "Standard deviation between the repeats of a row, in percentage points: how far a training anew moves it."
    return Table("Between repeats", ["Method", "Repeats", *_header(report)], rows, note)


def _negatives(report: dict[str, Any]) -> Table:
    negatives, rates = report["negatives"], [f"{rate:g}" for rate in report["settings"]["fppi"]]
    rows = [[Cell("On the own set, at most"), *(Cell(f"{float(rate):.2f}") for rate in rates)]]
    for key, entry in negatives["rows"].items():
        cells = []
        for at, value, interval in zip(rates, entry["value"], entry["ci95"], strict=True):
            star = "" if report["rows"][key]["sens_at"][at]["reached"] else "*"
            cells.append(entry_cell({"value": value, "ci95": interval}, "{:.2f}".format, star=star))
        rows.append([Cell(report["rows"][key]["name"]), *cells])
    name, counts = negatives["name"], negatives["counts"]
    people = f" of {counts['patients']} patients" if "patients" in counts else ""
    note = (
        f"{name}: {counts['images']} images{people} without lesions; every box is false. The thresholds stay as they "
        "are in the resamples; that they were chosen on a sample is not in the intervals."
    )
    if any("*" in cell.text for row in rows for cell in row):
        note += " * A curve on the own set ends before this N; its lowest score is the threshold."
    title = f"False positives per image on {name} at the thresholds of N on the own set"
    return Table(title, ["Method", *(f"N = {rate}" for rate in rates)], rows, note)


def _costs(report: dict[str, Any]) -> Table:
    rows = [
        [Cell(short_name(row) or row), NONE if seconds is None else Cell(f"{seconds:.3g}")]
        for row, seconds in report["costs"].items()
    ]
    note = (
        "Wall time of the enhancer alone, without reading and writing, in the run that made the images (the last, if "
        "there were several); other jobs may have run beside it."
    )
    names = [split_key(key)[1] for key in report["rows"]]
    if any(names.count(row) > 1 for row in report["costs"]):
        note += " An enhancement that is in several groups was made once and stands here once."
    return Table("Cost of enhancing", ["Enhancement", "Seconds per image"], rows, note)
