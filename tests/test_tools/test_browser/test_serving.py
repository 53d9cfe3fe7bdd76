"""Served to this machine alone, and nothing stays."""

import os
import re
import socket
from pathlib import Path
from urllib.request import urlopen

import pytest

gr = pytest.importorskip("gradio")

from data.errors import UserError  # noqa: E402
from tools.browser.serving import said, served  # noqa: E402


def plain(folder: Path) -> "gr.Blocks":
    (folder / "written").write_text("by a page")
    with gr.Blocks(analytics_enabled=False) as blocks:
        gr.Markdown("hello")
    return blocks


def test_this_machine_alone_can_open_it():
    with served(plain) as address:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        port = int(address.rstrip("/").rsplit(":", 1)[1])
        page = urlopen(address).read().decode()
        assert "hello" in page and "fonts.googleapis" not in page and "cdn" not in page
        listening = {
            line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines() if line.split()[3] == "0A"
        }
        assert f"0100007F:{port:04X}" in listening and f"00000000:{port:04X}" not in listening
        with pytest.raises(UserError, match="give another --port"), served(plain, port):
            pass
    with pytest.raises(OSError), socket.create_connection(("127.0.0.1", port), timeout=2):
        pass


def test_what_was_written_is_gone():
    with served(plain):
        folder = Path(os.environ["GRADIO_TEMP_DIR"])
        assert (folder / "written").is_file()
    assert not folder.exists()


def test_errors_of_users_are_said():
    @said
    def handler(number: int) -> int:
        if number < 0:
            raise UserError("give a number above 0")
        return 10 // number

    assert handler(5) == 2
    with pytest.raises(gr.Error, match="give a number above 0"):
        handler(-1)
    with pytest.raises(ZeroDivisionError):
        handler(0)
