"""How a command ends: its own exit code, or one line on stderr for what the user can mend."""

import errno
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

from data.errors import Terminated, UserError

FAILED = 2
"""The exit code of a command that could not do what was asked, as argparse's for wrong options."""
INTERRUPTED = 130
"""That of one that was stopped by Ctrl-C."""
TERMINATED = 143
"""That of one that a scheduler stopped: 128 and the number of SIGTERM."""


def terminate(*_: object) -> NoReturn:
    raise Terminated


def run(main: Callable[[], int | None], again: str = "run it again") -> NoReturn:
    """Call `main` and end the process with what it returns; None is 0.

    Args:
        again: what a user does after a stop from outside.

    A `UserError` becomes one line and `FAILED`; so does an error of the operating system, such as a full disk or a
    missing permission. Ctrl-C and SIGTERM become one line too, after half-written files are gone. Any other exception
    is a fault of the program and keeps its traceback.
    """
    signal.signal(signal.SIGTERM, terminate)
    try:
        sys.exit(main())
    except (UserError, OSError) as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        end(f"error: {error}" + (f"; free some space, then {again}" if full else ""), FAILED)
    except KeyboardInterrupt:
        end(f"interrupted; {again}", INTERRUPTED)
    except Terminated:
        end(f"terminated; {again}", TERMINATED)


def end(line: str, code: int) -> NoReturn:
    print(line, file=sys.stderr)
    sys.exit(code)
