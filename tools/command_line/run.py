"""How a command ends: its own exit code, or one line on stderr for what the user can mend."""

import errno
import gc
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

import tools.command_line.quiet  # noqa: F401
from data.errors import Terminated, UserError
from tools.command_line.extras import said

FAILED = 2
"""The exit code of a command that could not do what was asked, as argparse's for wrong options."""
INTERRUPTED = 130
"""That of one that was stopped by Ctrl-C."""
TERMINATED = 143
"""That of one that a scheduler stopped: 128 and the number of SIGTERM."""


def terminate(*_: object) -> NoReturn:
    raise Terminated


def run(main: Callable[[], int | None]) -> NoReturn:
    """Call `main` and end the process with what it returns; None is 0.

    After a stop from outside the user is told to run it again, or what `AGAIN` of main's module says.

    A `UserError` becomes one line and `FAILED`; so does an error of the operating system, such as a full disk or a
    missing permission, and a package that is not installed (`tools.command_line.extras`). Ctrl-C and SIGTERM become one
    line too, after half-written files are gone. Any other exception is a fault of the program and keeps its traceback.
    """
    again = getattr(sys.modules.get(getattr(main, "__module__", "")), "AGAIN", "run it again")
    signal.signal(signal.SIGTERM, terminate)
    try:
        with said():
            code = main()
            leave_processes()
            sys.exit(code)
    except (UserError, OSError) as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        end(f"error: {error}" + (f"; free some space, then {again}" if full else ""), FAILED)
    except KeyboardInterrupt:
        end(f"interrupted; {again}", INTERRUPTED)
    except Terminated:
        end(f"terminated; {again}", TERMINATED)


def leave_processes() -> None:
    """End the group of torchrun's processes, if there is one, and its threads: left alone they may abort Python."""
    distributed = sys.modules.get("torch.distributed")
    if distributed and distributed.is_available() and distributed.is_initialized():
        gc.collect()  # what still holds the group would keep its threads
        distributed.destroy_process_group()


def end(line: str, code: int) -> NoReturn:
    print(line, file=sys.stderr)
    sys.exit(code)
