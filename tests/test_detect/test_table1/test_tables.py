"""What the tables say, and what they leave out."""

import numpy as np

from detect.froc.settings import FrocSettings
from detect.table1.tables import main_table, table1_tables
from reporting.cells import percent
from reporting.table import Cell
from tests.test_detect.table1_cases import FULL, SETTINGS, report


def titles(content: dict) -> list[str]:
    return [table.title for table in table1_tables(content)]


def test_there_are_tables_for_what_is_given() -> None:
    common = ["Sens@N", "Differences to the baseline", "p of the differences", "Between repeats"]
    assert titles(report()) == common
    own = "False positives per image on healthy at the thresholds of N on the own set"
    assert titles(report(**FULL)) == [*common, own, "Cost of enhancing"]
    content = report()
    only = {"rows": {"retinanet/raw": content["rows"]["retinanet/raw"]}, "differences": []}
    assert titles(content | only) == ["Sens@N"]


def test_the_main_table_is_in_the_papers_shape() -> None:
    content = report(**FULL)
    table = main_table(content)
    assert table.header == ["Method", "Sens@0.5", "Sens@1", "Sens@2", "Mean", "Paper @1", "Paper @2"]
    names = [row[0].text for row in table.rows]
    assert names == ["Faster R-CNN", "Faster R-CNN + CAWE", "RetinaNet", "RetinaNet + AFDA"]
    cell = content["rows"]["faster_rcnn/cawe"]["sens_at"]["1"]
    assert table.rows[1][2] == Cell(percent(cell["value"]), tuple(map(percent, cell["ci95"])), True)
    assert [[c.text for c in row[5:]] for row in table.rows] == [["60.4", "70.0"]] + [["–", "–"]] * 3
    assert "Paper: A paper. Another set." in table.note
    assert "4 images of 3 patients, 1 of them without lesions, 3 lesions; rows trained 1 to 3 times" in table.note
    assert table.rows[3][2].text == "33.3*" and "* A curve ends before this N" in table.note


def test_published_columns_need_a_published_row() -> None:
    none = {"source": "s", "note": "", "fppi": [1], "rows": {"x/y": [1]}}
    assert main_table(report(published=none)).header[-1] == "Mean"


def test_the_best_of_each_group_is_bold_and_so_is_what_looks_the_same() -> None:
    content = report()
    cells = [content["rows"][key]["sens_at"]["1"] for key in ("faster_rcnn/raw", "faster_rcnn/cawe")]
    cells[0]["value"], cells[1]["value"] = 0.50001, 0.50002
    column = [row[2].strong for row in main_table(content).rows]
    assert column == [True, True, True, False]
    cells[1]["value"] = 0.6
    assert [row[2].strong for row in main_table(content).rows] == [False, True, True, False]
    alone = content | {"rows": {"retinanet/raw": content["rows"]["retinanet/raw"]}}
    assert not main_table(alone).rows[0][2].strong


def test_differences_and_their_p() -> None:
    content = report()
    for entry, p in zip(content["differences"], [0.01, 0.2, None, 0.0245] * 2, strict=True):
        entry.update(difference=0.1234, ci95=[-0.01, 0.2], p=p, p_holm=None if p is None else 2.035 * p)
    differences, p_values = table1_tables(content)[1:3]
    assert [row[0].text for row in differences.rows] == ["Faster R-CNN + CAWE", "RetinaNet + AFDA"]
    assert differences.rows[0][1] == Cell("+12.3", ("\N{MINUS SIGN}1.0", "+20.0"), False)
    for table in (differences, p_values):  # the mean decides; RetinaNet was trained once
        assert [cell.strong for cell in table.rows[0][1:]] == [False, False, False, True]
        assert not any(cell.strong for cell in table.rows[1])
        assert "p (Holm) of the mean" in table.note
    assert [cell.text for cell in p_values.rows[0][1:]] == ["0.020 (0.010)", "0.407 (0.200)", "–", "<0.050 (0.025)"]
    assert "over all 2 differences" in p_values.note and "the choice of patients only" in p_values.note


def test_one_difference_is_not_called_many() -> None:
    content = report()
    content["differences"] = content["differences"][:4]
    note = table1_tables(content)[2].note
    assert "here one difference per column" in note and "the choice of patients only" not in note


def test_spread_negatives_and_costs() -> None:
    content = report(**FULL)
    spread, negatives, costs = table1_tables(content)[3:]
    values = content["rows"]["faster_rcnn/raw"]["sens_at"]["1"]["repeats"]
    assert spread.rows[0][1].text == "3" and spread.rows[0][3].text == f"{100 * np.std(values, ddof=1):.1f}"
    assert [cell.text for cell in spread.rows[2]] == ["RetinaNet", "1", "–", "–", "–", "–"]
    assert [cell.text for cell in negatives.rows[0][1:]] == ["0.50", "1.00", "2.00"]
    assert negatives.rows[1][1:] == [Cell("0.50", ("0.00", "1.00")), Cell("1.00*"), Cell("1.50*", ("0.50", "2.00"))]
    assert "3 images of 2 patients" in negatives.note and "lowest score" in negatives.note
    assert negatives.rows[0][0].text == "On the own set, at most"
    assert "other jobs may have run beside it" in costs.note and "several groups" not in costs.note
    assert [[cell.text for cell in row] for row in costs.rows] == [["CAWE", "0.123"], ["AFDA", "–"]]


def test_a_cost_that_several_groups_share_is_said_to_be_one() -> None:
    note = table1_tables(report(costs={"raw": 0.1}))[-1].note
    assert "in several groups was made once" in note


def test_the_best_is_that_of_a_group() -> None:
    assert "Bold: the best of its group." in main_table(report()).note


def test_an_interval_without_width_is_none() -> None:
    content = report(FrocSettings(fppi=SETTINGS.fppi, bootstrap=1))
    assert all(cell.interval is None for row in main_table(content).rows for cell in row)
