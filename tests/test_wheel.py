"""A wheel of the project holds every package and template, installed in an environment that has nothing else."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import numpy as np
import pytest

from data.images.image_io import read_color, write_image
from tests.paths import ROOT
from tests.test_architecture import ROOMS, modules

CONFIGS = ROOT / "configs"
TEMPLATES = sorted(path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("templates/*"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from links to the files that git tracks, since a build writes into its folder."""
    folder = tmp_path_factory.mktemp("wheel")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in tracked.splitlines():
        link = folder / "checkout" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(ROOT / name)
    build = [sys.executable, "-m", "pip", "wheel", str(folder / "checkout"), "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--quiet", "--wheel-dir", str(folder)], check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    return file


def test_all_packages_and_templates_are_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        files = set(archive.namelist())
    configs = [path.relative_to(ROOT) for kind in ("py", "yaml", "json") for path in CONFIGS.rglob(f"*.{kind}")]
    wanted = [*TEMPLATES, *configs, *(path for room in ROOMS for path in modules(room))]
    assert TEMPLATES and [path for path in wanted if path.as_posix() not in files] == []
    tops = {Path(file).parts[0] for file in files}
    assert {top for top in tops if not top.endswith(".dist-info")} == {*ROOMS, "configs"}


def test_it_works_where_nothing_else_is(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "fresh")], check=True)
    python = str(tmp_path / "fresh/bin/python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--quiet", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    code = "import data.errors, tools.command_line.run as run; print(run.__file__)"
    done = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(tmp_path / "fresh"))

    (tmp_path / "in").mkdir()
    write_image(tmp_path / "in/a.png", np.arange(64, dtype=np.uint8).reshape(8, 8))
    argv = ["enhance", "configs/enhance/jet.py", "in", "out", "--device", "cpu", "--workers", "0"]
    packages = os.environ | {"PYTHONPATH": sysconfig.get_paths()["purelib"]}  # of all others
    enhanced = subprocess.run(
        [str(tmp_path / "fresh/bin/lesion-enhance"), *argv], cwd=tmp_path, env=packages, capture_output=True, text=True
    )
    assert enhanced.returncode == 0, enhanced.stderr
    assert read_color(tmp_path / "out/a.png").shape == (8, 8, 3)
