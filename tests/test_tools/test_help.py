"""Every command parses its arguments, and shows its help, without the libraries that its work needs."""

import json
import os
import re
import subprocess
import sys

from tests.paths import ROOT

HEAVY = ["torch", "timm", "mmdet", "mmcv", "pandas", "matplotlib", "optuna", "skimage", "cv2", "pydicom"]
SCRIPT = """
import contextlib, importlib, io, json, sys

heavy, names = json.loads(sys.argv[1])
loaded = {}
for name in names:
    known = set(sys.modules)
    command = importlib.import_module(name)
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        command.parse_args(["--help"])
    assert text.getvalue().startswith("usage: "), name
    loaded[name] = sorted({module.split(".")[0] for module in set(sys.modules) - known} & set(heavy))
print(json.dumps(loaded))
"""


def commands() -> list[str]:
    """The paths of all commands: files with a `main` that ends them."""
    files = [*(ROOT / "tools").glob("*.py"), *(ROOT / "tools/workflow").glob("*.py")]
    return sorted(str(file.relative_to(ROOT)) for file in files if 'if __name__ == "__main__":' in file.read_text())


def test_help_loads_nothing_heavy() -> None:
    names = [path.removesuffix(".py").replace("/", ".") for path in commands()]
    assert len(names) >= 18
    command = [sys.executable, "-c", SCRIPT, json.dumps([HEAVY, names])]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert {name: modules for name, modules in json.loads(done.stdout).items() if modules} == {}


def test_every_command_ends_alike() -> None:
    for path in commands():
        end = r'\n\nif __name__ == "__main__":\n    run\(main\)\n\Z'
        assert re.search(end, (ROOT / path).read_text()), path
