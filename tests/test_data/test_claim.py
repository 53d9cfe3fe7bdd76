"""Two runs do not write to one folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from data.claim import LOCK, claimed
from data.errors import UserError


def test_two_runs_do_not_write_to_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = f"lock = filelock.FileLock({str(tmp_path / LOCK)!r}); lock.acquire(); print('held', flush=True)"
    code = f"import filelock, time; {hold}; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(UserError, match="another run writes to"), claimed(tmp_path, patience=0.2):
            pass
        monkeypatch.setenv("RANK", "1")
        with claimed(tmp_path, patience=0.2):  # the first process of the run asks for all
            pass
        monkeypatch.delenv("RANK")
        other.kill()
    with claimed(tmp_path, patience=10):
        pass


def test_one_process_may_claim_its_folder_again(tmp_path: Path) -> None:
    for _ in range(2):
        with claimed(tmp_path / "new/folder", patience=0), claimed(tmp_path / "new/folder", patience=0):
            assert [path.name for path in (tmp_path / "new/folder").iterdir()] == [LOCK]
