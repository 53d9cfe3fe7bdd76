from pathlib import Path

from data.images.errors import ImageReadError


def test_the_text_has_file_reason_and_remedy():
    error = ImageReadError(Path("a/b.png"), "it is damaged", "get it again")
    assert isinstance(error, ValueError)
    assert str(error) == f"{Path('a/b.png')}: it is damaged; get it again"
    assert error.reason == "it is damaged"
