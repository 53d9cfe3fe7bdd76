"""What the documents say can be done: commands parse, files and links are there."""

import importlib
import re
import shlex
from collections.abc import Iterator
from itertools import dropwhile
from pathlib import Path

import pytest

from tests.paths import ROOT
from tools.command_line.subcommands import TOOLS

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "configs").rglob("*.md")], key=lambda path: str(path)
)
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
SHELL = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.M | re.S)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
SETTING = re.compile(r"[A-Za-z_]\w*=")
NO_COMMANDS = {"for", "done", "fi", "if", "while", "export", "source", "cd"}


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command in the shell blocks of a document."""
    for block in SHELL.findall(text):
        for variable, first in re.findall(r"for (\w+) in ([^\s;]+)", block):
            block = block.replace(f"${variable}", first)
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            yield from one_by_one(line)


def one_by_one(line: str) -> Iterator[list[str]]:
    """Without comments, loops and what a shell would put in: `for a in b; do X; Y; done` are X and Y."""
    line = re.sub(r"\$\([^)]*\)", "FOUND", line)
    line = re.sub(r"(^|\s)#.*$", "", line)
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|<>")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in [*lexer, ";"]:
        if set(word) <= set(";&|"):
            kept = list(dropwhile(lambda first: first in ("do", "then", "else") or SETTING.match(first), words))
            if kept and kept[0] not in NO_COMMANDS:
                yield kept
            words = []
        else:
            words.append(word)


def tool_of(words: list[str]) -> tuple[str, list[str]] | None:
    """The module of a command of this project, and its arguments."""
    if words[:1] == ["torchrun"]:
        place = next(index for index, word in enumerate(words) if word.endswith(".py"))
        words = ["python", *words[place:]]
    if words[:1] == ["lesion-enhance"] and len(words) > 1 and not words[1].startswith("-"):
        return f"tools.{TOOLS[words[1]]}", words[2:]
    if words[:1] != ["python"] or len(words) < 2 or not words[1].startswith("tools/"):
        return None
    return words[1].removesuffix(".py").replace("/", "."), words[2:]


PROJECT = [
    (name, words) for name in NAMES for words in commands((ROOT / name).read_text(encoding="utf-8")) if tool_of(words)
]


@pytest.mark.parametrize(("name", "words"), PROJECT, ids=[f"{name}: {' '.join(words)[:60]}" for name, words in PROJECT])
def test_commands_parse(name: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    found = tool_of(words)
    assert found is not None
    module, argv = found
    try:
        importlib.import_module(module).parse_args(argv)
    except SystemExit as stop:
        assert stop.code == 0, capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_what_commands_name_is_there(name: str) -> None:
    """Configs, and targets of make."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for words in commands((ROOT / name).read_text(encoding="utf-8")):
        for word in words:
            if word.startswith("configs/") and not set("{$*") & set(word):
                assert (ROOT / word).is_file(), f"{words}: {word}"
        if words[:1] == ["make"]:
            assert set(words[1:2]) <= targets, words


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    text = re.sub(r"^```.*?^```", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.M | re.S)
    for plain, picture in LINK.findall(text):
        target, _, anchor = (plain or picture).partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (ROOT / name).parent / target if target else ROOT / name
        assert file.exists(), f"{name}: {target}"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{name}: {target}#{anchor}"


def anchors(file: Path) -> set[str]:
    """The anchors of headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.M)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def test_there_are_enough() -> None:
    """So that a change of the documents' form does not empty these tests."""
    assert len(NAMES) > 20 and len(PROJECT) > 50
    named = {found[0] for _, words in PROJECT if (found := tool_of(words))}
    assert named >= {f"tools.{tool}" for tool in TOOLS.values()}
