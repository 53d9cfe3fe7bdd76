"""How a command ends: its own exit code, or one line on stderr for what the user can mend."""

import sys
from collections.abc import Callable
from typing import NoReturn

from data.errors import UserError

FAILED = 2
"""The exit code of a command that could not do what was asked, as argparse's for wrong options."""
INTERRUPTED = 130
"""That of one that was stopped by Ctrl-C."""


def run(main: Callable[[], int | None]) -> NoReturn:
    """Call `main` and end the process with what it returns; None is 0.

    A `UserError` becomes one line and `FAILED`; so does an error of the operating system, such as a full disk or a
    missing permission. Any other exception is a fault of the program and keeps its traceback.
    """
    try:
        sys.exit(main())
    except (UserError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
