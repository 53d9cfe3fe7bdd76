"""Siblings are strangers: who may import whom."""

import ast
from pathlib import Path

import pytest

from tests.paths import ROOT

ALLOWED = {"data": set(), "enhance": {"data"}, "colorize_gan": {"data"}, "detect": {"data"}}
OPENMMLAB = {"mmdet", "mmcv"}


def imported_packages(path: Path) -> set[str]:
    """Top-level names that a module imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", ALLOWED)
def test_packages_import_only_what_they_may(package):
    found = modules(package)
    assert found
    for path in found:
        foreign = imported_packages(path) & set(ALLOWED) - ALLOWED[package] - {package}
        assert not foreign, f"{path.relative_to(ROOT)} imports {foreign}"


@pytest.mark.parametrize("package", ["data", "enhance", "colorize_gan"])
def test_only_detect_knows_mmdet_and_mmcv(package):
    for path in modules(package):
        assert not imported_packages(path) & OPENMMLAB, path.relative_to(ROOT)


def test_every_module_has_its_test():
    tests = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    for package in ALLOWED:
        for path in modules(package):
            if path.name == "__init__.py":
                continue
            own = {f"test_{path.name}", f"test_{path.parent.name}_{path.name}"}
            assert own & tests, f"{path.relative_to(ROOT)} has no test file of its name"


def test_test_files_have_names_of_their_own():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert [name for name in set(names) if names.count(name) > 1] == [], "pytest imports them by their names"


def test_no_module_for_everything():
    for package in (*ALLOWED, "tools"):
        assert not [path for path in modules(package) if path.stem in ("utils", "helpers", "common", "misc")]
