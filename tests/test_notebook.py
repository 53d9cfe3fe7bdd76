"""The tour runs from its first cell to its last."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

pytest.importorskip("nbmake")


def test_the_tour_runs(bundled: Path) -> None:
    command = [sys.executable, "-m", "pytest", "--nbmake", "--nbmake-kernel=python3", "-p", "no:cacheprovider"]
    environment = os.environ | {"BUNDLE": str(bundled / "bundle")}
    done = subprocess.run([*command, "docs/tour.ipynb"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
