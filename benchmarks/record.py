"""What a benchmark measured: one number beside its peer's and its limit's, as a line of a table and as JSON."""

import argparse
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.atomic import write_json


def cpu_name() -> str:
    """The processor as the machine calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


@dataclass(frozen=True)
class Row:
    """One measurement. In rates ("images/s") more is better, in everything else less.

    Attributes:
        name: what was measured.
        unit: of `ours`, `peer` and `limit`.
        ours: the project's number.
        peer: of another implementation of the same, in the same run, and who that is.
        limit: what cannot be surpassed, such as the bare forward pass.
        device: where; by default the processor.
    """

    name: str
    unit: str
    ours: float
    peer: float | None = None
    peer_name: str | None = None
    limit: float | None = None
    device: str = cpu_name()

    def entry(self) -> dict[str, Any]:
        """The row as JSON; `to_peer` and `to_limit` are ours divided by theirs."""
        ratios = {"to_peer": self.ours / self.peer if self.peer else None}
        ratios |= {"to_limit": self.ours / self.limit if self.limit else None}
        return vars(self) | ratios


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows there too")


def report(rows: Sequence[Row], file: Path | None = None) -> None:
    """Print rows as a Markdown table; write them as a list to a JSON file."""
    print(markdown([row.entry() for row in rows]))
    if file is not None:
        write_json(file, [row.entry() for row in rows])


def markdown(entries: Sequence[dict[str, Any]]) -> str:
    """A table of `Row.entry`s."""
    lines = ["| what | unit | ours | peer | ours / peer | limit | ours / limit |", "| --- " * 7 + "|"]
    for entry in entries:
        peer = f"{_number(entry['peer'])} ({entry['peer_name']})" if entry["peer"] is not None else ""
        numbers = [_number(entry[key]) for key in ("ours", "to_peer", "limit", "to_limit")]
        ours, to_peer, limit, to_limit = numbers
        lines.append(f"| {entry['name']} | {entry['unit']} | {ours} | {peer} | {to_peer} | {limit} | {to_limit} |")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
