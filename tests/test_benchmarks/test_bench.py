import json

import cv2
import pytest

from benchmarks import bench
from benchmarks.record import Row, markdown, report

ROWS = [
    Row("a stage", "images/s", 12.0, 6.0, "a loop", 15.0, "Chip 1"),
    Row("start", "s", 2.5, device="Chip 1"),
]


def test_a_row_is_compared_with_its_peer_and_its_limit(tmp_path, capsys):
    report(ROWS, tmp_path / "rows.json")
    first, second = json.loads((tmp_path / "rows.json").read_text())
    assert first == {
        "name": "a stage", "unit": "images/s", "ours": 12.0, "peer": 6.0, "peer_name": "a loop", "limit": 15.0,
        "to_peer": 2.0, "to_limit": 0.8, "device": "Chip 1",
    }  # fmt: skip
    assert second["to_peer"] is None and second["to_limit"] is None
    assert "| a stage | images/s | 12 | 6 (a loop) | 2 | 15 | 0.8 |" in capsys.readouterr().out


def test_the_table_of_a_device_takes_the_place_of_its_last_one():
    page = "# Performance\n\nText.\n"
    entries = [row.entry() for row in ROWS]
    once = bench.with_table(page, "Chip 1", entries)
    both = bench.with_table(once, "Chip 2", entries[:1])
    assert both.index("## Chip 1") < both.index("## Chip 2") and both.startswith(page)
    again = bench.with_table(both, "Chip 1", entries[1:])
    assert again.count("## Chip 1") == 1 and again.count("a stage") == 1
    assert again == f"{page}\n## Chip 1\n\n{markdown(entries[1:])}\n\n## Chip 2\n\n{markdown(entries[:1])}\n"


def test_a_benchmark_that_fails_is_named_and_the_others_go_on(tmp_path, monkeypatch, capsys):
    entries = [row.entry() for row in ROWS]
    monkeypatch.setattr(bench, "BENCHMARKS", {"bad": [], "good": []})
    monkeypatch.setattr(bench, "run", lambda name: None if name == "bad" else entries)
    monkeypatch.setattr(bench, "PAGE", tmp_path / "page.md")
    assert bench.main(["--out", str(tmp_path)]) == 1
    assert json.loads((tmp_path / "results.json").read_text()) == entries
    assert cv2.imread(str(tmp_path / "results.png")) is not None
    assert "failed: bad" in capsys.readouterr().err and not (tmp_path / "page.md").exists()


def test_a_benchmark_runs_in_a_process_of_its_own(monkeypatch):
    monkeypatch.setattr(bench, "BENCHMARKS", {"png": ["--sizes", "32"], "no_such_benchmark": []})
    rows = bench.run("png")
    assert [row["peer_name"] for row in rows] == ["OpenCV"] * 2 and all(row["ours"] > 0 for row in rows)
    assert bench.run("no_such_benchmark") is None


def test_only_benchmarks_that_there_are(capsys):
    with pytest.raises(SystemExit):
        bench.main(["nothing"])
    assert "no such benchmark: nothing" in capsys.readouterr().err
