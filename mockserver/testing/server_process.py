"""`mockserver serve` for a run of tests, which ends when the run does: see `mockserver.testing.shared_server`."""

from __future__ import annotations

import os
import signal
import threading
import time

from mockserver.cli import main as command_line

_PATIENCE = 5.0  # seconds that the server may take to end


def main() -> None:
    """Serve until the pipe on standard input is closed."""
    threading.Thread(target=_guard, daemon=True).start()
    command_line(prog_name="mockserver")


def _guard() -> None:
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_PATIENCE)
    os._exit(1)


if __name__ == "__main__":
    main()
