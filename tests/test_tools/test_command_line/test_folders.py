"""--out: a folder that cannot be made, or a file that is read, is found before the work."""

import pytest

from data.errors import NoFolderError, UserError
from tools.command_line.folders import check_folder, check_not_read


def test_a_folder_in_a_file_is_refused(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("a,b")
    check_folder(tmp_path)
    check_folder(tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()
    for out in (file, file / "folder"):
        with pytest.raises(NoFolderError, match=f"--out {out}: {file} is a file; give a folder"):
            check_folder(out)


def test_an_input_is_no_output_by_whatever_name(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "link.json").symlink_to("a.json")
    check_not_read(tmp_path / "new.json", [tmp_path / "a.json", tmp_path / "b.json"])
    for name in ("a.json", "link.json", "b/../a.json"):
        with pytest.raises(UserError, match=f"{name} is read and would be written over: give another name"):
            check_not_read(tmp_path / name, [tmp_path / "b.json", tmp_path / "a.json"])
