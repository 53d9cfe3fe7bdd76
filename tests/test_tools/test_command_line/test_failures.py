"""What failed is told on stderr, and nothing else is."""

from tools.command_line.failures import print_failures


def test_names_and_reasons(capsys):
    files = {
        "a.png": {"status": "failed", "reason": "no image"},
        "b.png": {"status": "enhanced", "output": "b.png"},
        "deep/c.dcm": {"status": "failed", "image_id": 3, "reason": "cut off"},
    }
    print_failures({"files": files})
    assert capsys.readouterr() == ("", "  a.png: no image\n  deep/c.dcm: cut off\n")
