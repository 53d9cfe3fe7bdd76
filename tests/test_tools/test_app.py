"""`tools/app.py`: which pages it has, and that it ends well."""

import subprocess
import sys
import time
from signal import SIGINT
from urllib.request import urlopen

import pytest

gr = pytest.importorskip("gradio")

from detect import Predictor  # noqa: E402
from tests.paths import ROOT  # noqa: E402
from tools.app import pages, parse_args  # noqa: E402
from tools.browser.look import Bench  # noqa: E402


def test_the_pages(bundled, tmp_path):
    both = pages(Bench(Predictor(bundled / "bundle")), tmp_path)
    assert [title for _, title, _ in both.pages] == ["Home", "FROC report"]
    alone = pages(None, tmp_path)
    assert len(alone.pages) == 1 and "FROC report" in str([block.get_config() for block in alone.blocks.values()])


def test_options():
    args = parse_args(["a.zip", "--port", "8000", "--no-browser"])
    assert (str(args.bundle), args.port, args.no_browser) == ("a.zip", 8000, True)
    assert parse_args([]).bundle is None


def test_without_a_bundle_it_needs_no_networks_and_ends_by_ctrl_c():
    blocked = "import sys; sys.modules.update(dict.fromkeys(['torch', 'mmengine', 'mmdet', 'mmcv', 'timm']))"
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # a job in the background is deaf
    code = f"{blocked}; {heard}; from tools.app import main; main(['--no-browser'])"
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline()
            assert line.startswith("open http://127.0.0.1:") and "Ctrl-C ends it" in line
            assert "FROC report" in urlopen(line.split()[1], timeout=30).read().decode()
            time.sleep(0.2)
            process.send_signal(SIGINT)
            assert process.communicate(timeout=30)[0] == "closed; what was uploaded is deleted\n"
            assert process.returncode == 0
        finally:
            process.kill()
