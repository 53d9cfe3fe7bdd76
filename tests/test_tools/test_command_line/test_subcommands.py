"""The tools by one name."""

import subprocess
import sys

import pytest

from tests.paths import ROOT
from tools.command_line.subcommands import TOOLS, main, overview, renamed


def test_every_tool_has_a_name() -> None:
    tools = {path.stem for path in (ROOT / "tools").glob("*.py") if path.stem != "__init__"}
    assert set(TOOLS.values()) == tools and len(set(TOOLS.values())) == len(TOOLS)


def test_the_overview(capsys) -> None:
    lines = overview().splitlines()
    assert len(lines) == len(TOOLS) + 2
    assert "  froc            Compare detectors by FROC" in lines
    assert all(len(line) < 130 and not line.endswith((".", ":")) for line in lines[2:])
    for argv in ([], ["--help"]):
        with pytest.raises(SystemExit) as stop:
            main(argv)
        assert stop.value.code == 0 and capsys.readouterr().out.rstrip() == overview()


def test_an_unknown_command(capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["frock"])
    assert stop.value.code == 2
    assert "lesion-enhance has no command 'frock': prepare, train" in capsys.readouterr().err


def test_names_in_helps() -> None:
    assert renamed("python tools/froc_report.py --ann, of tools/test.py") == "lesion-enhance froc --ann, of test"


def test_a_tool_runs_under_its_name(tmp_path) -> None:
    """With its own help and exit codes."""
    code = "from tools.command_line.subcommands import main; main()"
    command = [sys.executable, "-c", code, "froc"]
    helped = subprocess.run([*command, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert helped.returncode == 0 and helped.stdout.startswith("usage: lesion-enhance froc [-h]")
    assert "python tools/" not in helped.stdout and "lesion-enhance froc --ann" in helped.stdout
    wrong = [*command, "--ann", str(tmp_path / "gone.json"), "--pred", "a=b", "--out", str(tmp_path / "out")]
    failed = subprocess.run(wrong, cwd=ROOT, capture_output=True, text=True)
    assert failed.returncode == 2 and failed.stderr.startswith("error: ") and "gone.json" in failed.stderr
