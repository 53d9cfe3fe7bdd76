"""A Table 1 report in words: how it was counted, what it shows, and what it cannot show."""

from typing import Any

from detect.row_names import group_name, short_name, split_key
from detect.table1 import MEAN
from detect.tables import points

SIGNIFICANT = 0.05
HITS = {
    "iou": "an IoU of at least {iou_thr:g} with a free lesion",
    "center": "its center in the box of a free lesion",
    "best-overlap": "an IoU of at least {iou_thr:g} with the lesion of the highest IoU, if that is free",
}


def is_significant(entry: dict[str, Any]) -> bool:
    """Whether a difference is below 5 % after Holm's correction."""
    return entry["p_holm"] is not None and entry["p_holm"] < SIGNIFICANT


def counting(report: dict[str, Any]) -> str:
    """Say what the numbers were counted on and how: images, lesions, patients, repeats, hits, resamples, seed."""
    settings, counts = report["settings"], report["counts"]
    people = f" of {counts['patients']} patients" if "patients" in counts else ""
    hit = HITS[settings["matching"]].format(**settings)
    drawn = f"{report['grouped_by']}s" + (" and repeats" if _most_repeats(report) > 1 else "")
    return (
        f"{counts['images']} images{people}, {counts['images without lesions']} of them without lesions, "
        f"{counts['lesions']} lesions; {_repeats(report)}. A hit has {hit}; a second hit of a lesion is a false "
        f"positive. {settings['bootstrap']} resamples of {drawn}, percentile intervals, seed {settings['seed']}."
    )


def _most_repeats(report: dict[str, Any]) -> int:
    return max(row["num_repeats"] for row in report["rows"].values())


def _repeats(report: dict[str, Any]) -> str:
    numbers = {row["num_repeats"] for row in report["rows"].values()}
    if len(numbers) == 1:
        (number,) = numbers
        return "each row trained once" if number == 1 else f"each row trained {number} times"
    return f"rows trained {min(numbers)} to {max(numbers)} times"


def reading(report: dict[str, Any]) -> list[str]:
    """Say in sentences what the differences to the baselines are, and which of them are significant."""
    groups = dict.fromkeys(row["group"] for row in report["rows"].values())
    sentences = [text for group in groups if (text := _above_and_below(report, group))]
    if not sentences:
        return ["No group has a second row, so nothing is compared."]
    return [" ".join(sentences), _significance(report)]


def _above_and_below(report: dict[str, Any], group: str) -> str:
    """Count the rows of a group on either side of its baseline by the mean; equal at shown digits is equal."""
    entries = [e for e in report["differences"] if e["at"] == MEAN and split_key(e["a"])[0] == group]
    if not entries:
        return ""
    shown = [round(100 * entry["difference"], 1) for entry in entries]
    above, below = sum(value > 0 for value in shown), sum(value < 0 for value in shown)
    equal = f", {len(shown) - above - below} equal to it" if above + below < len(shown) else ""
    row = split_key(entries[0]["b"])[1]
    return (
        f"{group_name(group)}: by the mean of Sens@N {above} of {len(shown)} row{'s' if len(shown) > 1 else ''} "
        f"{'is' if above == 1 else 'are'} above {row}, {below} below{equal}."
    )


def _significance(report: dict[str, Any]) -> str:
    tested = [entry for entry in report["differences"] if entry["p"] is not None]
    if not tested:
        return "No difference could be tested."
    found = [entry for entry in tested if is_significant(entry)]
    if not found:
        return (
            f"No difference is significant: of {len(tested)} tested, none has p (Holm) below .05. That does not show "
            "that the rows are equal."
        )
    named = "; ".join(_named(report, key, found) for key in dict.fromkeys(entry["a"] for entry in found))
    verb = "has" if len(found) == 1 else "have"
    return f"Of {len(tested)} differences tested, {len(found)} {verb} p (Holm) below .05: {named}."


def _named(report: dict[str, Any], key: str, found: list[dict[str, Any]]) -> str:
    """Name a row and its differences among those found."""
    parts = [
        f"{'mean' if entry['at'] == MEAN else 'Sens@' + entry['at']} {points(entry['difference'])}"
        f" (p {entry['p_holm']:.3f})"
        for entry in found
        if entry["a"] == key
    ]
    return f"{report['rows'][key]['name']} {', '.join(parts)}"


def table1_notes(report: dict[str, Any]) -> list[str]:
    """Say what the numbers leave out, after the notes on the files."""
    numbers = [row["num_repeats"] for row in report["rows"].values()]
    notes = list(report["notes"])
    if min(numbers) == 1:
        which = "Each row was" if max(numbers) == 1 else "Some rows were"
        notes.append(
            f"{which} trained once: those intervals and p-values say what other patients could have given, and nothing "
            "about training anew with another seed."
        )
    if 1 < max(numbers) < 5:
        notes.append(
            f"How far trainings spread is known from at most {max(numbers)} repeats a row, which is rough; where the "
            "spread between repeats is large, read the intervals as too narrow."
        )
    return notes + _hopeless_note(report) + _short_note(report)


def _hopeless_note(report: dict[str, Any]) -> list[str]:
    """Warn where even the smallest p-value of so few resamples is not significant after the correction."""
    tests, resamples = len({entry["a"] for entry in report["differences"]}), report["settings"]["bootstrap"]
    least = 2 * tests / (resamples + 1)
    if least < SIGNIFICANT:
        return []
    enough = int(2 * tests / SIGNIFICANT)
    return [
        f"{resamples} resamples and {tests} differences at each N: no single p (Holm) can be below "
        f"{min(1.0, least):.2g}, so none can be significant by itself. Give --bootstrap {enough} or more."
    ]


def _short_note(report: dict[str, Any]) -> list[str]:
    short = [row["name"] for row in report["rows"].values() if not row["sens_at"][MEAN]["reached"]]
    if not short:
        return []
    return [
        f"Curves end before the largest N: {', '.join(short)}. A lower score floor, or more boxes an image, would "
        "lengthen them."
    ]


def label(report: dict[str, Any], key: str) -> str:
    """Name a row in the figure of its group."""
    return short_name(split_key(key)[1]) or report["rows"][key]["name"]
