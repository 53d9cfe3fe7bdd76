"""Two trainings do not write to one folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import UserError
from training.claim import claim


def test_two_trainings_do_not_write_to_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = f"lock = filelock.FileLock({str(tmp_path / '.training.lock')!r}); lock.acquire(); print('held', flush=True)"
    code = f"import filelock, time; {hold}; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(UserError, match="another training writes to"):
            claim(tmp_path, patience=0.2)
        monkeypatch.setenv("RANK", "1")
        claim(tmp_path, patience=0.2)  # the first process of the run asks for all
        monkeypatch.delenv("RANK")
        other.kill()
    claim(tmp_path, patience=10)


def test_one_process_may_claim_its_folder_again(tmp_path: Path) -> None:
    claim(tmp_path / "new/folder", patience=0)
    claim(tmp_path / "new/folder", patience=0)
