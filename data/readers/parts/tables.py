"""CSV tables that come with a data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


def read_table(table: Path, columns: Sequence[str], numbers: Sequence[str] = (), **options: Any) -> pd.DataFrame:
    """A CSV table, perhaps compressed, with all its columns.

    Args:
        columns: names of those that have to be there.
        numbers: those of them that hold finite numbers, or nothing; they become floats.
        options: of `pandas.read_csv`, such as `dtype=str` where "00000007" has to keep its zeros.

    Raises:
        UserError: the table cannot be read, lacks a column, or has a text in the place of a number.
    """
    import pandas as pd  # half a second that `--help` does not need

    try:
        rows = pd.read_csv(table, **options)
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"{table}: not a readable CSV table ({error}); save it as UTF-8, with commas") from error
    absent = [column for column in columns if column not in rows.columns]
    if absent:
        hint = ", separated by commas" if len(rows.columns) == 1 else ""
        raise UserError(f"{table}: no column {', '.join(absent)}; expected {','.join(columns)}{hint}")
    for column in numbers:
        values = pd.to_numeric(rows[column], errors="coerce").astype(float)
        wrong = (values.isna() & rows[column].notna()) | np.isinf(values)
        if wrong.any():
            place = int(wrong.argmax())
            raise UserError(
                f"{table}: {column} of row {place + 1} is {rows[column].iloc[place]!r}, not a finite number"
            )
        rows[column] = values
    return rows
