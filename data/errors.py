"""The errors that a person can mend: a command prints their text as one line, without a traceback."""


class UserError(ValueError):
    """Wrong input or a wrong option. The text names the file or the option, what is wrong, and the remedy."""


class MissingFileError(UserError, FileNotFoundError):
    """A file or folder is not where the user said. The text names it and says where it comes from."""


class NoFolderError(UserError, NotADirectoryError):
    """A folder is needed where there is something else, or nothing."""


class Terminated(BaseException):
    """SIGTERM came. Like KeyboardInterrupt no `Exception`: only the end of a command catches it."""
