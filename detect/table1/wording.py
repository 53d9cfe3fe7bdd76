"""A Table 1 report in words: how it was counted, what it shows, and what it cannot show."""

from typing import Any

from detect.table1.evaluation import MEAN
from detect.table1.row_names import group_name, short_name, split_key
from reporting.cells import points
from reporting.significance import SIGNIFICANT, is_below, p_text

ENOUGH_REPEATS = 10
"""Repeats of a group, beyond the first of each row, from which its spread of training is known well enough."""
HITS = {
    "iou": "an IoU of at least {iou_thr:g} with a free lesion",
    "center": "its center in the box of a free lesion",
    "best-overlap": "an IoU of at least {iou_thr:g} with the lesion of the highest IoU, if that is free",
}


def trained_once(report: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Whether a row of a difference, or its baseline, was trained once: p knows nothing about training anew."""
    return min(report["rows"][entry[side]]["num_repeats"] for side in "ab") == 1


def is_significant(report: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Whether a difference of the mean, the one column that decides, is below 5 % and both rows have repeats."""
    return entry["at"] == MEAN and is_below(entry) and not trained_once(report, entry)


def counting(report: dict[str, Any]) -> str:
    """Say what the numbers were counted on and how: images, lesions, patients, repeats, hits, resamples, seed."""
    settings, counts = report["settings"], report["counts"]
    people = f" of {counts['patients']} patients" if "patients" in counts else ""
    category = " of any category" if settings["classes"] == "pooled" else ""
    hit = HITS[settings["matching"]].format(**settings) + category
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
    """Say in sentences what p covers, what the differences to the baselines are, and which of the mean stand out."""
    groups = dict.fromkeys(row["group"] for row in report["rows"].values())
    sentences = [text for group in groups if (text := _above_and_below(report, group))]
    if not sentences:
        return [*_once(report), "No group has a second row, so nothing is compared."]
    return [*_once(report), " ".join(sentences), _verdict(report)]


def _once(report: dict[str, Any]) -> list[str]:
    """Say which rows were trained once, and what that leaves out."""
    once = [row["name"] for row in report["rows"].values() if row["num_repeats"] == 1]
    if not once:
        return []
    covers = "cover the choice of patients only, and nothing of what training anew with another seed would change."
    if len(once) == len(report["rows"]):
        return [f"Each row was trained once: intervals and p {covers}"]
    return [f"Trained once: {', '.join(once)}. Their intervals, and p of differences to or from them, {covers}"]


def _above_and_below(report: dict[str, Any], group: str) -> str:
    """Count the rows of a group on either side of its baseline by the mean; equal at shown digits is equal."""
    entries = [e for e in report["differences"] if e["at"] == MEAN and split_key(e["a"])[0] == group]
    if not entries:
        return ""
    shown = [round(100 * entry["difference"], 1) for entry in entries]
    above, below = sum(value > 0 for value in shown), sum(value < 0 for value in shown)
    name, row = group_name(group, report.get("titles")), split_key(entries[0]["b"])[1]
    if len(shown) == 1:
        where = "above" if above else "below" if below else "equal to"
        return f"{name}: by the mean of Sens@N {label(report, entries[0]['a'])} is {where} {row}."
    equal = f", {len(shown) - above - below} equal to it" if above + below < len(shown) else ""
    verb = "is" if above == 1 else "are"
    return f"{name}: by the mean of Sens@N {above} of {len(shown)} rows {verb} above {row}, {below} below{equal}."


def _verdict(report: dict[str, Any]) -> str:
    """Judge by the mean alone; rows that were trained once apart."""
    tested = [entry for entry in report["differences"] if entry["at"] == MEAN and entry["p"] is not None]
    if not tested:
        return "No difference could be tested."
    once = [entry for entry in tested if trained_once(report, entry)]
    repeated = [entry for entry in tested if not trained_once(report, entry)]
    sentences = ["The mean of Sens@N decides."]
    if repeated:
        sentences.append(_found(report, repeated, "of rows with repeats", "significant (p (Holm) below .05)"))
    if once:
        sentences.append(_found(report, once, "of rows trained once", "below .05 on these patients (p (Holm))"))
        if any(map(is_below, once)):
            sentences.append(
                "Equally good rows that are trained once are often below .05 too: training anew moves them."
            )
    if not all(map(is_below, tested)):
        sentences.append("That a difference is not below .05 does not show that the rows are equal.")
    return " ".join(sentences)


def _found(report: dict[str, Any], entries: list[dict[str, Any]], which: str, what: str) -> str:
    """Count the differences that are below .05 and name them."""
    found = [entry for entry in entries if is_below(entry)]
    if len(entries) == 1:
        text = f"The one difference {which} {'is' if found else 'is not'} {what}"
    else:
        number = len(found) or "None"
        text = f"{number} of {len(entries)} differences {which} {'is' if len(found) < 2 else 'are'} {what}"
    names = "; ".join(
        f"{report['rows'][entry['a']]['name']} {points(entry['difference'])} (p {p_text(entry['p_holm'])})"
        for entry in found
    )
    return f"{text}: {names}." if found else f"{text}."


def table1_notes(report: dict[str, Any]) -> list[str]:
    """Say what the numbers leave out, after the notes on the files."""
    return [*report["notes"], *_pool_note(report), *_hopeless_note(report), *_short_note(report)]


def _pool_note(report: dict[str, Any]) -> list[str]:
    """Say what is taken for the spread of training, and where few repeats tell of it."""
    known: dict[str, int] = {}
    for row in report["rows"].values():
        known[row["group"]] = known.get(row["group"], 0) + row["num_repeats"] - 1
    titles = report.get("titles")
    rough = [group_name(group, titles) for group, number in known.items() if 0 < number < ENOUGH_REPEATS]
    if not any(known.values()):
        return []
    note = (
        "How far trainings spread is taken from all repeats of a group together, as if it were the same for each of "
        "its rows; a row that spreads more has intervals that are too narrow."
    )
    if rough:
        note += (
            f" It is known from few repeats, which is rough ({', '.join(rough)}): where the spread between repeats is "
            "large, read the intervals as too narrow."
        )
    return [note]


def _hopeless_note(report: dict[str, Any]) -> list[str]:
    """Warn where even the smallest p-value of so few resamples is not significant after the correction."""
    tests, resamples = len({entry["a"] for entry in report["differences"]}), report["settings"]["bootstrap"]
    least = 2 * tests / (resamples + 1)
    if least < SIGNIFICANT:
        return []
    enough = int(2 * tests / SIGNIFICANT)
    return [
        f"{resamples} resamples and {tests} differences at each N: no single p (Holm) can be below "
        f"{min(1.0, least):.2g}, so none can be below .05 by itself. Give --bootstrap {enough} or more."
    ]


def _short_note(report: dict[str, Any]) -> list[str]:
    short = [row["name"] for row in report["rows"].values() if not row["sens_at"][MEAN]["reached"]]
    if not short:
        return []
    return [
        f"Curves end before the largest N: {', '.join(short)}. A lower score floor, or more boxes per image, would "
        "lengthen them."
    ]


def label(report: dict[str, Any], key: str) -> str:
    """Name a row in the figure of its group."""
    own = report.get("titles", {}).get(key) or short_name(split_key(key)[1])
    return own or report["rows"][key]["name"]
