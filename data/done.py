"""Which files of a folder are done: a journal beside them, by which a second run costs a look at sizes and times."""

import json
import os
import time
from collections.abc import Collection
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self

from data.atomic import atomic_path

COARSE = 2 * 10**9
"""Nanoseconds in which some file systems and copies show two changes by the same time."""


class Look(NamedTuple):
    """What tells two states of a file apart without reading it: its size in bytes, its time in ns."""

    size: int
    time: int


def look(path: str | os.PathLike[str]) -> Look | None:
    """The state of a file; None if it is not there."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return Look(status.st_size, status.st_mtime_ns)


def settled(path: str | os.PathLike[str]) -> Look | None:
    """The state of a file that is about to be read; None if the next change might not show in it.

    That is so if it was changed less than `COARSE` ago, or its time lies ahead.
    """
    found = look(path)
    return found if found and time.time_ns() - found.time > COARSE else None


class _Entry(NamedTuple):
    made_by: str
    source: Look
    target: str
    made: Look
    outcome: Any


def _line(key: str, entry: _Entry) -> bytes:
    return json.dumps([key, *entry], separators=(",", ":")).encode() + b"\n"


class DoneFiles:
    """The journal of a folder: what was made there of which sources, and how.

    It may be wrong in one way only: of a file that is done it may not know. So it can be deleted, and lines that a kill
    or a full disk left incomplete do not count. Threads may share one; each process needs a `part` of its own.

    Args:
        folder: where the outputs lie; made if missing.
        part: number of the process, for runs of several.
    """

    def __init__(self, folder: str | os.PathLike[str], part: int = 0) -> None:
        self.folder = Path(folder)
        self.path = self.folder / f".done.{part}.jsonl"
        self.lock = Lock()
        self.entries: dict[str, _Entry] = {}
        self.lines = 0
        for path in sorted(self.folder.glob(".done.*.jsonl")):
            self._read(path)
        self.file: BinaryIO | None = None

    def _read(self, path: Path) -> None:
        with path.open("rb") as file:
            for line in file:
                self.lines += line != b"\n"  # `_opened` begins with an empty one
                try:
                    key, made_by, source, target, made, outcome = json.loads(line)
                    self.entries[key] = _Entry(made_by, Look(*source), str(target), Look(*made), outcome)
                except (ValueError, TypeError, RecursionError):  # half a line
                    continue

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None

    def outcome(self, key: str, source: str | os.PathLike[str], made_by: str) -> Any:
        """What `add` was told of an output; None unless it was made in this way and no file has changed since."""
        entry = self.entries.get(key)
        if entry is None or entry.made_by != made_by or look(source) != entry.source:
            return None
        return entry.outcome if look(self.folder / entry.target) == entry.made else None

    def add(self, key: str, made_by: str, source: Look | None, target: str, outcome: Any) -> None:
        """Note that an output is done.

        Args:
            key: names the output in this folder.
            made_by: how it was made; another text makes it anew.
            source: `settled` of its source before that was read; None is not noted.
            target: the file that was made, relative to the folder.
            outcome: what else has to be known of it, as JSON; not None.
        """
        made = look(self.folder / target)
        if source is None or made is None:
            return
        entry = _Entry(made_by, source, target, made, outcome)
        line = _line(key, entry)
        with self.lock:
            self.entries[key] = entry
            self.lines += 1
            try:
                self._opened().write(line)
            except OSError as full:
                full.filename = full.filename or str(self.path)
                raise

    def _opened(self) -> BinaryIO:
        if self.file is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.file = self.path.open("ab", buffering=0)
            if self.file.tell():
                self.file.write(b"\n")  # behind half a line of a killed run
        return self.file

    def keep(self, keys: Collection[str]) -> None:
        """Forget all other outputs, and what the journal says twice or in parts; no other process may write to it."""
        for key in self.entries.keys() - set(keys):
            del self.entries[key]
        parts = [path for path in self.folder.glob(".done.*.jsonl") if path != self.path]
        if self.lines == len(self.entries) and not parts:
            return
        with atomic_path(self.path) as temporary, temporary.open("wb") as file:
            for key, entry in self.entries.items():
                file.write(_line(key, entry))
        self.lines = len(self.entries)
        for path in parts:
            path.unlink()
