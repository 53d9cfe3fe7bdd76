"""Table 1 to its end on the tiny phantom: every stage of the workflow, all twelve rows, killed once on the way."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path):
    """A working folder that shows the project's workflow and has outputs of its own."""
    for name in ("Snakefile", "tools", "configs", "profiles"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def start(folder: Path, target: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--nolock"]
    command += ["--configfile", "configs/workflow/tiny.yaml", "--", target]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow
def test_table1_runs_to_its_end_and_resumes(folder):
    work = folder / "work_dirs/tiny"
    killed = start(folder, "table1")
    for line in killed.stdout:
        if "Test:" in line:  # some detectors are trained, others are not
            break
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    kept = {path: path.stat().st_mtime_ns for path in work.glob("*/weights.pth")}
    assert len(kept) == 2 and not (work / "table1").exists()

    output, _ = (process := start(folder, "table1")).communicate(timeout=900)
    assert process.returncode == 0, output[-3000:]
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    table = json.loads((work / "table1/table1.json").read_text())
    rows = [
        f"{d}/{v}"
        for d in ("faster_rcnn", "retinanet")
        for v in ("raw", "afda", "medga", "color", "cawe", "color_cawe")
    ]
    assert list(table["rows"]) == rows
    assert all(set(row["sens_at"]) == {"1", "2", "3", "4", "mean"} for row in table["rows"].values())
    assert len(table["differences"]) == 10 * 5
    assert all(seconds > 0 for seconds in table["costs"].values()) and len(table["costs"]) == 5
    for name in ("index.html", "table.md", "table.tex", "table1.csv", "froc_faster_rcnn.png", "froc_retinanet.pdf"):
        assert (work / "table1" / name).stat().st_size > 0
