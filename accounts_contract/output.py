"""Standard output and standard error that take every text, whatever their encoding."""

from __future__ import annotations

import io
import sys


def take_every_text() -> None:
    """Have standard output and standard error escape what their encodings lack, in place of an error.

    A username, or the name of a file, may be of any script, and be no text at all; and an output may be a
    console of another one.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
