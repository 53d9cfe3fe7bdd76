"""Tables of numbers as CSV files."""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from data.atomic import atomic_path


def write_csv(path: Path, rows: Iterable[list[Any]]) -> None:
    """Write rows as they come, atomically."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
