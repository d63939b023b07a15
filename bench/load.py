"""Load by wrk: the kinds of work, and the figures of a run."""

from __future__ import annotations

import base64
import itertools
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.running import PATH, TOKEN

_LOGIN = base64.b64encode(b"janedoe:janedoe-password").decode()

BEARER = f'wrk.headers["Authorization"] = "Bearer {TOKEN}"\n'
JSON = BEARER + 'wrk.headers["Content-Type"] = "application/json"\n'

# Each update sets another value: one that changes nothing would be less work.
_UPDATE = """
local n = 0
request = function()
  n = n + 1
  return wrk.format("PATCH", nil, nil, '{"location": "Island ' .. n .. '", "company": "Retired"}')
end
"""

# An address is deleted some time after it was added, so that no other connection overtakes its addition. The first
# request is one that wrk only looks at.
_ADD_AND_DELETE = """
local added, deleted, adds = -1, 0, true
request = function()
  local method, n
  adds = added - deleted < LAG or not adds
  if adds then
    added = added + 1
    method, n = "POST", added
  else
    deleted = deleted + 1
    method, n = "DELETE", deleted
  end
  return wrk.format(method, nil, nil, '{"email": "RUN-' .. n .. '@example.com"}')
end
"""

KINDS: Mapping[str, tuple[str, str]] = {
    "get_user, Bearer": (PATH, BEARER),
    "get_user, Basic": (PATH, f'wrk.headers["Authorization"] = "Basic {_LOGIN}"\n'),
    "update_user, JSON": (PATH, JSON + _UPDATE),
    "add and delete": (f"{PATH}emails/", JSON + _ADD_AND_DELETE),
}
"""The path and the script of each kind of work."""

_runs = itertools.count(1)
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass(frozen=True)
class Load:
    """The figures of a run.

    Attributes:
        requests: All requests.
        per_second: The requests per second.
        p99: The milliseconds in which 99 of 100 were answered.
        refused: The answers that were no success.
    """

    requests: int
    per_second: float
    p99: float
    refused: int


def load(port: int, kind: str, connections: int, seconds: int, prefix: str = "") -> Load:
    """Send requests of a kind for some seconds, each as soon as its connection has the last answer."""
    path, script = KINDS[kind]
    script = script.replace("RUN", f"run-{next(_runs)}").replace("LAG", str(4 * connections))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "load.lua"
        file.write_text(script, "utf-8")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(file)]
        command.append(f"http://127.0.0.1:{port}{prefix}{path}")
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return _read(output)


def _read(output: str) -> Load:
    total = re.search(r"(\d+) requests in", output)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s)", output)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if total is None or rate is None or slow is None:
        raise RuntimeError(f"wrk printed no figure:\n{output}")
    p99 = float(slow[1]) * _UNITS[slow[2]]
    return Load(int(total[1]), float(rate[1]), p99, 0 if refused is None else int(refused[1]))
