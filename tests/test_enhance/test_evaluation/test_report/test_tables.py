"""Tables and notes of an attention report say what attention.json says."""

from copy import deepcopy

import pytest

from enhance.evaluation.report.summary import MEASURES
from enhance.evaluation.report.tables import attention_tables, best_systems
from reporting.table import latex, markdown
from tests.test_enhance.attention_cases import evaluated, without_labels, write_set


@pytest.fixture(scope="module")
def summary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("set")
    write_set(folder, 12)
    return evaluated(folder)[1]


def by_title(summary):
    return {table.title: table for table in attention_tables(summary)}


def row(table, name):
    return next(cells for cells in table.rows if cells[0].text == name)


def test_every_system_has_its_numbers_with_their_intervals(summary):
    tables = by_title(summary)
    titles = "Perturbation, Localization, Size of the region of interest, AOPC (MoRF) by class, Differences from CAM"
    floors = ["Differences from Random map", "Differences from Center Gaussian"]
    assert list(tables) == [*titles.split(", "), *floors, "The classifier"]
    assert [cells[0].text for cells in tables[floors[0]].rows] == [
        f"{name} \N{MINUS SIGN} Random map" for name in ("CAM", "Grad-CAM", "CRM")
    ]
    for name, entries in summary["systems"].items():
        entry = entries["aopc_lerf"]
        cell = row(tables["Perturbation"], name)[2]
        value, low, high = (
            f"{round(v, 3) + 0.0:.3f}".replace("-", "\N{MINUS SIGN}") for v in (entry["value"], *entry["ci95"])
        )
        assert cell.text == value
        assert cell.interval == (None if entry["ci95"][0] == entry["ci95"][1] else (low, high))
        percent = row(tables["Localization"], name)[3]
        assert percent.text == f"{100 * entries['iou']['value']:.1f}"
    assert tables["Perturbation"].header[1:3] == ["AOPC, MoRF ↑", "AOPC, LeRF ↓"]
    assert "5 × 5 pixels" in tables["Perturbation"].note


def test_the_best_of_a_column_stands_out_whichever_way_is_good(summary):
    changed = deepcopy(summary)
    for value, entries in enumerate(changed["systems"].values()):
        for name in MEASURES:
            entries[name] = {"value": float(value), "ci95": [0.0, 9.0], "num_images": 3}
    last, first = list(changed["systems"])[-1], list(changed["systems"])[0]
    assert best_systems(changed, "aopc", MEASURES["aopc"]) == [last]
    assert best_systems(changed, "deletion", MEASURES["deletion"]) == [first]
    assert best_systems(changed, "roi_size", MEASURES["roi_size"]) == []
    table = by_title(changed)["Perturbation"]
    assert [cell.strong for cell in row(table, last)] == [False, True, False, False, True]
    assert [cell.strong for cell in row(table, first)] == [False, False, True, True, False]


def test_differences_have_a_sign_and_stand_out_when_they_are_clear(summary):
    changed = deepcopy(summary)
    entry = next(e for e in changed["differences"] if (e["a"], e["b"], e["measure"]) == ("CRM", "CAM", "iou"))
    entry |= {"difference": -0.0712, "ci95": [-0.1, -0.04], "p": 0.01, "p_holm": 0.04}
    other = next(e for e in changed["differences"] if (e["a"], e["b"], e["measure"]) == ("CRM", "CAM", "aopc"))
    other |= {"difference": 0.0712, "ci95": [0.01, 0.2], "p": 0.02, "p_holm": 0.06}
    table = by_title(changed)["Differences from CAM"]
    cells = dict(zip(table.header, row(table, "CRM \N{MINUS SIGN} CAM"), strict=True))
    iou, aopc = cells["IoU of the region ↑"], cells["AOPC, MoRF ↑"]
    assert (iou.text, iou.interval, iou.strong) == (
        "\N{MINUS SIGN}7.1",
        ("\N{MINUS SIGN}10.0", "\N{MINUS SIGN}4.0"),
        True,
    )
    assert (aopc.text, aopc.interval, aopc.strong) == ("+0.071", ("+0.010", "+0.200"), False)


def test_a_set_without_labels_or_without_boxes_has_fewer_tables(tmp_path):
    path = write_set(tmp_path, boxes=False)
    no_boxes = list(by_title(evaluated(tmp_path)[1]))
    write_set(tmp_path)
    without_labels(path)
    no_labels = list(by_title(evaluated(tmp_path)[1]))
    shared = ["Size of the region of interest"]
    shared += [f"Differences from {name}" for name in ("CAM", "Random map", "Center Gaussian")]
    assert no_labels == ["Localization", *shared]
    assert set(no_boxes) == {"Perturbation", *shared, "AOPC (MoRF) by class", "The classifier"}


def test_tables_can_be_written(summary):
    tables = attention_tables(summary)
    assert markdown(tables).count("| Center Gaussian |") == 4
    assert latex(tables, "attention").count(r"\begin{table*}") == len(tables)
