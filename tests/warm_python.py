"""A `python` that has loaded what the commands of a workflow need: each job is a fork of a server.

    with warm_python(folder) as bin:  # `bin` goes first in PATH

`bin/python` hands its arguments, working folder, environment and streams to the server, and ends with the code of the
fork. Whoever kills it kills the fork, as it would kill a process of its own.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGES = ("matplotlib.backends.backend_agg", "matplotlib.pyplot", "mmcv", "setuptools", "torchvision", "yapf")
"""What mmengine loads only when a training begins, in two seconds."""
LOADED = (
    *PACKAGES,
    "tests.unformatted",
    "detect.register",
    "enhance.register",
    "colorize_gan.register",
    "training.register",
    "mmdet.apis",
    "mmdet.engine",
    "tools.train",
)

CLIENT = """#!{python} -IS
import json, os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
call = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(server, [len(call).to_bytes(4, "big")], [0, 1, 2])
server.sendall(call)
code = server.recv(1)
sys.exit(code[0] if code else 1)
"""


def _job(python: str, argv: list[str], folder: str, environment: dict[str, str], streams: list[int]) -> None:
    """Become `python argv`; does not return."""
    os.setpgid(0, 0)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv, sys.path[0], sys.executable = argv, str(Path(argv[0]).resolve().parent), python
    try:
        runpy.run_path(argv[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _attend(python: str, client: socket.socket) -> None:
    """Run the job of a client and tell its code; kill it when the client has gone."""
    head, streams, _, _ = socket.recv_fds(client, 4, 3)
    with client.makefile("rb") as file:
        call = json.loads(file.read(int.from_bytes(head, "big")))
    job = os.fork()
    if job == 0:
        client.close()
        _job(python, *call, streams)
    ended = os.pidfd_open(job)
    if ended in select.select([ended, client], [], [])[0]:
        client.sendall(bytes([os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]) & 0xFF]))
    else:
        os.killpg(job, signal.SIGKILL)


def serve(address: str) -> None:
    """Load, listen, and fork for each client."""
    for name in LOADED:
        __import__(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        while True:
            client, _ = server.accept()
            if os.fork() == 0:
                server.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _attend(str(Path(address).with_name("python")), client)
                os._exit(0)
            client.close()


@contextmanager
def warm_python(folder: Path) -> Iterator[Path]:
    """A folder with such a `python`, for as long as the context lasts."""
    folder.mkdir()
    address = str(folder / "socket")
    (folder / "python").write_text(CLIENT.format(python=sys.executable, address=address))
    (folder / "python").chmod(0o755)
    command = [sys.executable, "-m", "tests.warm_python", address]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1]) as server:
        while not Path(address).exists():
            assert server.poll() is None
            time.sleep(0.1)
        yield folder
        server.kill()


if __name__ == "__main__":
    serve(sys.argv[1])
