"""The sentences of check_leaks.py."""

import json

import pytest

from data.errors import MissingFileError, UserError
from data.leaks.notes import leak_notes


def test_notes(tmp_path):
    file = tmp_path / "leaks.json"
    file.write_text(json.dumps({"notes": ["3 images of ..."], "pairs": {}}))
    assert leak_notes(file) == ["3 images of ..."]
    with pytest.raises(MissingFileError, match="none.json: no such file; tools/workflow/check_leaks.py writes it"):
        leak_notes(tmp_path / "none.json")
    for content in ("", "[]", "{}", '{"notes": 3}', '{"notes": [3]}'):
        file.write_text(content)
        with pytest.raises(UserError, match="leaks.json: not a file of tools/workflow/check_leaks.py"):
            leak_notes(file)
