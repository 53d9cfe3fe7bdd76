"""The tables say what froc.json says, and nothing where there is nothing to say."""

import re

from detect.froc_report.tables import froc_tables
from reporting.table import latex, markdown
from tests.test_detect.froc_cases import report, truth


def table(content: dict, title: str):
    return next(t for t in froc_tables(content) if t.title == title)


def texts(row) -> list[str]:
    return [cell.text for cell in row]


def test_sensitivities_by_hand() -> None:
    sens = table(report(), "Sens@N")
    assert sens.header == ["System", "Sens@0.5", "Sens@1", "Sens@2", "Mean"]
    # raw: one of three lesions up to 3 false positives per image. a|<b>&: two of three, its curve ends at 0.25.
    assert [texts(row) for row in sens.rows] == [
        ["raw", "33.3", "33.3", "33.3", "33.3"],
        ["a|<b>&", "66.7*", "66.7*", "66.7*", "66.7*"],
        ["silent", "0.0*", "0.0*", "0.0*", "0.0*"],
    ]
    assert all(low <= high for low, high in [map(float, cell.interval) for cell in sens.rows[0][1:]])


def test_an_interval_of_width_zero_is_not_shown() -> None:
    silent = table(report(), "Sens@N").rows[2]
    assert all(cell.interval is None for cell in silent)


def test_summary_measures_by_hand() -> None:
    summary = table(report(), "Summary measures")
    assert summary.header == ["System", "CPM", "Area to 2", "AFROC", "AFROC1"]
    # a|<b>&: its lesions enter at rate 0: the area is that of 2/3. The best false positive of the lesion-free image,
    # .7, lies below both found lesions: AFROC is 2/3. AFROC1: of 4 images, three without false positives; a missed
    # lesion ties with these: (2 * 4 + 3 * 1/2) / 12.
    assert texts(summary.rows[1]) == ["a|<b>&", "66.7*", "66.7*", "66.7", "79.2"]
    assert texts(summary.rows[2])[3:] == ["50.0", "50.0"]


def test_without_lesion_free_images_afroc_is_left_out_and_the_note_says_why() -> None:
    ground_truth = truth()
    ground_truth.image_ids.pop()
    ground_truth.groups.pop()
    content = report(names=("silent",), ground_truth=ground_truth)
    summary = table(content, "Summary measures")
    assert summary.header == ["System", "CPM", "Area to 2", "AFROC1"]
    assert "AFROC is not defined here" in summary.note
    assert "AFROC is not defined here" not in table(report(), "Summary measures").note


def test_differences_are_all_there_with_the_corrected_p_where_pairs_are_several() -> None:
    content = report()
    differences = table(content, "Differences")
    assert differences.header == ["Pair", "At", "Points", "p", "p (Holm)"] and differences.labels == 2
    assert len(differences.rows) == 3 * (3 + 5)
    assert texts(differences.rows[0])[:3] == ["a|<b>& − raw", "Sens@0.5", "+33.3"]
    assert texts(differences.rows[8])[:2] == ["silent − raw", "Sens@0.5"]
    assert [cell.text for row in differences.rows[3:8] for cell in row[1:2]] == [
        "mean",
        "CPM",
        "area",
        "AFROC",
        "AFROC1",
    ]
    assert texts(differences.rows[0])[3:] == ["–", "–"]  # two patients with lesions: no p
    content["paired"][0] |= {"p": 0.0123, "p_holm": 0.0369}
    assert texts(table(content, "Differences").rows[0])[3:] == ["0.012", "0.037"]
    one_pair = table(report(names=("raw", "silent")), "Differences")
    assert one_pair.header == ["Pair", "At", "Points", "p"] and "Holm" not in one_pair.note


def test_a_clear_difference_stands_out() -> None:
    content = report(names=("raw", "silent"))
    content["paired"][0] |= {"difference": -0.2, "ci95": [-0.3, -0.1], "p": 0.01, "p_holm": 0.03}
    content["paired"][1] |= {"difference": -0.2, "ci95": [-0.3, -0.1], "p": 0.03, "p_holm": 0.09}
    content["paired"][2] |= {"difference": -0.2, "ci95": [None, None], "p": None, "p_holm": None}
    rows = table(content, "Differences").rows
    assert [row[2].strong for row in rows[:3]] == [True, False, False]
    assert [row[2].interval for row in rows[:3]] == [("−30.0", "−10.0")] * 2 + [None]


def test_one_system_has_no_differences() -> None:
    assert [t.title for t in froc_tables(report(names=("raw",)))] == ["Sens@N", "Summary measures", "Lesion size"]


def test_strata_without_lesions_are_left_out() -> None:
    sizes = table(report(size_edges=(10, 30, 50)), "Lesion size")
    assert [texts(row)[:3] for row in sizes.rows] == [[name, "30–50 px", "3"] for name in ("raw", "a|<b>&", "silent")]
    assert texts(sizes.rows[1])[3:] == ["66.7*", "66.7*", "66.7*"] and "* The curve ends before" in sizes.note
    assert "*" not in table(report(names=("raw",)), "Lesion size").note


def test_classes_have_rows_of_their_own() -> None:
    classes = table(report(ground_truth=truth(labels=(1, 2, 1))), "Class")
    # All detections are of class x: of its two lesions raw and a|<b>& find the first; y is never found.
    assert [texts(row) for row in classes.rows[:2]] == [
        ["raw", "x", "2", "50.0", "50.0", "50.0"],
        ["", "y", "1", "0.0*", "0.0*", "0.0*"],
    ]
    together = table(report(ground_truth=truth(labels=(1, 2, 1))), "Class, ranked together")
    assert [texts(row)[:3] for row in together.rows[:2]] == [["raw", "x", "2"], ["", "y", "1"]]
    assert "all classes are ranked in one list" in together.note
    pooled = froc_tables(report(ground_truth=truth(labels=(1, 2, 1)), classes="pooled"))
    assert not {"Class", "Class, ranked together"} & {t.title for t in pooled}


def test_all_tables_of_a_report_are_sound_in_both() -> None:
    tables = froc_tables(report())
    text = latex(tables, "froc")
    for name in ("table*", "tabular"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") == len(tables)
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")
    assert text.isascii(), set(re.findall(r"[^\x00-\x7f]", text))
    rows = [line for line in markdown(tables).splitlines() if line.startswith("|")]
    for table in tables:
        mine = rows[: 2 + len(table.rows)]
        del rows[: 2 + len(table.rows)]
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in mine} == {len(table.header) + 1}
    assert not rows
