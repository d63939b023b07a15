"""`mockserver serve` for a run of tests, which ends when the run does: see `mockserver.testing.shared_server`.

Its arguments are the port of the lifeline, the folder of the run, and those of `mockserver`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import threading
import time
from contextlib import suppress

from mockserver.cli import main as command_line

_PATIENCE = 5.0  # seconds that the server may take to end


def main() -> None:
    """Serve until the line is cut."""
    port, folder, *arguments = sys.argv[1:]
    try:
        line = socket.create_connection(("127.0.0.1", int(port)))
    except OSError:
        sys.exit("the run of tests that this server is for has ended")
    is_cut = threading.Event()
    guard = threading.Thread(target=_guard, args=(line, is_cut, folder), daemon=True)
    guard.start()
    try:
        command_line(arguments, prog_name="mockserver")
    finally:
        if is_cut.is_set():
            shutil.rmtree(folder, ignore_errors=True)


def _guard(line: socket.socket, is_cut: threading.Event, folder: str) -> None:
    with suppress(OSError):
        line.recv(1)
    is_cut.set()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


if __name__ == "__main__":
    main()
