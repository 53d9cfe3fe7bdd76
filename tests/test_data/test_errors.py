"""The errors of the user are also what Python calls them, so that other code may catch them by their usual names."""

import pytest

from data.errors import MissingFileError, NoFolderError, UserError


@pytest.mark.parametrize(
    ("kind", "usual"),
    [(UserError, ValueError), (MissingFileError, FileNotFoundError), (NoFolderError, NotADirectoryError)],
)
def test_caught_by_both_names(kind, usual):
    for name in (UserError, usual):
        with pytest.raises(name, match="^a.json: what, and the remedy$"):
            raise kind("a.json: what, and the remedy")
