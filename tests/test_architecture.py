"""The plan of the house, as CONTRIBUTING.md draws it: which way imports run, what a room holds, where a test lies."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.paths import ROOT

ROOMS = {
    "data": set(),
    "reporting": {"data"},
    "training": {"data"},
    "enhance": {"data", "reporting", "training"},
    "colorize_gan": {"data", "reporting", "training"},
    "detect": {"data", "reporting", "training"},
    "tools": {"data", "reporting", "training", "enhance", "colorize_gan", "detect"},
}
"""Each top-level package, and the others that it may import."""
OPENMMLAB = {"mmdet", "mmcv"}
FROC_LIBRARIES = {"numpy", "ijson"}
"""All that `detect/froc` imports of other people's."""
MOST_MODULES = 12
"""Side by side in a folder; commands, which users look for in one list, may be more."""
MOST_COMMANDS = 16
TOO_GENERAL = {"utils", "util", "helpers", "common", "misc", "shared", "core", "lib"}


def modules(package: str) -> list[Path]:
    return sorted(path.relative_to(ROOT) for path in (ROOT / package).rglob("*.py"))


def code_modules() -> list[Path]:
    return [path for room in ROOMS for path in modules(room) if path.name != "__init__.py"]


def name_of(path: Path) -> str:
    """The dotted name of a module; of a package for its `__init__.py`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path): path for room in ROOMS for path in modules(room)}


def imports(path: Path) -> Iterator[str]:
    """Dotted names that a module imports, anywhere in it; of `from package import module` the module."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in NAMES else node.module for name in inner)


def foreign(path: Path) -> set[str]:
    """Top-level packages that are imported and neither the project's nor Python's."""
    tops = {name.split(".")[0] for name in imports(path)}
    return tops - set(ROOMS) - set(sys.stdlib_module_names)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room: str) -> None:
    assert modules(room)
    for path in modules(room):
        others = {name.split(".")[0] for name in imports(path)} & set(ROOMS) - {room}
        assert others <= ROOMS[room], f"{path} imports {others - ROOMS[room]}"


def test_nothing_rests_on_tests_or_benchmarks() -> None:
    for path in code_modules():
        assert not {name.split(".")[0] for name in imports(path)} & {"tests", "benchmarks", "configs"}, path


def test_no_module_imports_itself_over_others() -> None:
    graph = {name: set(imports(path)) & set(NAMES) - {name} for name, path in NAMES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these import one another: {' -> '.join(error.args[1])}")


def test_no_inner_room_imports_itself_over_others() -> None:
    """The folders inside the packages; what lies in a package itself composes them, and `register` knows them all."""
    graph: dict[str, set[str]] = {}
    for path in NAMES.values():
        if len(path.parts) > 2:
            folder = path.parent.as_posix()
            used = {NAMES[other] for other in imports(path) if other in NAMES}
            graph.setdefault(folder, set()).update(
                other.parent.as_posix() for other in used if len(other.parts) > 2 and other.parent != path.parent
            )
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these import one another: {' -> '.join(error.args[1])}")


def test_only_detect_knows_mmdet_and_mmcv() -> None:
    for path in code_modules():
        if path.parts[0] != "detect" or len(path.parts) > 2:
            assert not foreign(path) & OPENMMLAB, path


def test_froc_stands_alone() -> None:
    for path in modules("detect/froc"):
        assert {name.split(".")[0] for name in imports(path)} & set(ROOMS) <= {"data", "reporting", "detect"}, path
        assert all(name.startswith("detect.froc") for name in imports(path) if name.startswith("detect")), path
        assert foreign(path) <= FROC_LIBRARIES, path
    names = [name_of(path) for path in modules("detect/froc")]
    code = f"import sys, {', '.join(names)}; print({{'torch', 'mmcv', 'mmdet', 'matplotlib'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_every_module_has_its_test_at_the_mirrored_path() -> None:
    missing = []
    for path in code_modules():
        *folders, file = path.parts
        test = Path("tests", *(f"test_{folder}" for folder in folders), f"test_{file}")
        if path.stem != "register" and not (ROOT / test).is_file():
            missing.append(f"{path} has no {test}")
    assert missing == []


def test_a_folder_is_no_heap() -> None:
    for folder in {path.parent for path in code_modules()}:
        number = len([path for path in (ROOT / folder).glob("*.py") if path.name != "__init__.py"])
        most = MOST_COMMANDS if folder == Path("tools") else MOST_MODULES
        assert number <= most, f"{folder} has {number} modules side by side"


def test_names_say_what_is_in_a_room() -> None:
    for path in code_modules():
        assert not {*path.parts[:-1], path.stem} & TOO_GENERAL, path
        assert not set(path.parts[:-1]) & set(sys.stdlib_module_names), f"{path}: a name of the standard library"


def test_every_room_says_what_it_holds() -> None:
    """The `__init__.py` of a room is its sentence; four also offer the names of what lies in them."""
    offering = {
        Path("detect"),
        Path("enhance/attention"),
        Path("enhance/classical"),
        Path("enhance/classifier/networks"),
    }
    for room in ROOMS:
        for path in modules(room):
            if path.name == "__init__.py":
                body = ast.parse((ROOT / path).read_text(encoding="utf-8"))
                assert ast.get_docstring(body), path
                assert len(body.body) == 1 or path.parent in offering, f"{path} runs code when it is imported"
