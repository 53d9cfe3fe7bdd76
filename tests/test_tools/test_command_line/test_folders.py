"""--out: a folder that cannot be made is found before the work."""

import pytest

from data.errors import NoFolderError
from tools.command_line.folders import check_folder


def test_a_folder_in_a_file_is_refused(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("a,b")
    check_folder(tmp_path)
    check_folder(tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()
    for out in (file, file / "folder"):
        with pytest.raises(NoFolderError, match=f"--out {out}: {file} is a file; give a folder"):
            check_folder(out)
