"""`python -m bench.suites`: what our conformance suite finds, and what plain Schemathesis finds.

Both are run against the implementation in tests/conformance/independent: as it is, in legal variations,
and with planted defects. Schemathesis does all its checks in all its phases, and gets what it asks for:
the username, a token with all scopes, and the contract without the form of errors, which the text leaves
open. What it says of the implementation as it is does not count as a find.
"""

from __future__ import annotations

import argparse
import copy
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.__main__ import CONTRACT
from tests.conformance.independent.defects import DEFECTS
from tests.conformance.independent.targets import target
from tests.conformance.independent.variations import VARIATIONS

_ROOT = Path(__file__).parents[1]
# Those that wait at every request say nothing about what is found.
_SLOW = ("slow", "limited_often", "limited_for_a_second", "limited_until_a_date")
_CONFIGURATION = """
[parameters]
username = "mallory"
"""


@contextmanager
def _served(options: Sequence[str]) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.conformance.independent", "--port", "0", *options]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout.readline() if process.stdout is not None else ""
            yield json.loads(ready)["url"]
        finally:
            process.terminate()


def _run(command: list[str], folder: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=900, check=False
    )


def _ours(url: str, folder: str) -> set[str]:
    """The requirements that fail."""
    Path(folder, "target.yaml").write_text(target(url), "utf-8")
    options = ["run", "target.yaml", "--seed", "1", "--report", "report.json"]
    done = _run([sys.executable, "-m", "conformance.cli", *options], folder)
    report = json.loads(Path(folder, "report.json").read_text("utf-8"))
    found = {one["id"] for one in report["requirements"] if one["status"] == "failed"}
    return found if done.returncode == 1 else set() if done.returncode == 0 else {"not judged"}


def _schemathesis(url: str, folder: str) -> set[str]:
    """The failures, each with its operation."""
    Path(folder, "schemathesis.toml").write_text(_CONFIGURATION, "utf-8")
    Path(folder, "contract.json").write_text(json.dumps(_contract()), "utf-8")
    options = [
        *("--url", url, "--header", "Authorization: Bearer mallory-all"),
        *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
        *("--max-examples", "20", "--seed", "1", "--no-color"),
    ]
    command = str(Path(sys.executable).with_name("schemathesis"))
    done = _run([command, "run", "contract.json", *options], folder)
    found: set[str] = set()
    operation = ""
    for line in done.stdout.splitlines():
        heading = re.fullmatch(r"_+ (.+?) _+", line)
        failure = re.match(r"- (ST\d+ .+)", line)
        if heading:
            operation = heading[1]
        elif failure:
            found.add(f"{operation}: {failure[1]}")
    return found


def _contract() -> Any:
    data = copy.deepcopy(yaml.safe_load(CONTRACT.read_text("utf-8")))
    for item in data["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                for status, response in operation["responses"].items():
                    if status >= "400":
                        response.pop("content", None)
                operation.get("requestBody", {}).get("content", {}).pop("multipart/form-data", None)
    return data


SUITES: dict[str, Callable[[str, str], set[str]]] = {
    "conformance": _ours,
    "schemathesis": _schemathesis,
}


@dataclass(frozen=True)
class _Verdict:
    found: set[str]
    seconds: float


def _judge(suite: str, options: Sequence[str] = ()) -> _Verdict:
    with _served(options) as url, tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        return _Verdict(SUITES[suite](url, folder), time.monotonic() - begun)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both suites, and print what each finds."""
    parser = argparse.ArgumentParser(prog="python -m bench.suites", description=__doc__)
    parser.add_argument("--every", type=int, default=10, help="take every Nth change (default: 10)")
    every = parser.parse_args(arguments).every
    groups = {
        "variation": [name for name in VARIATIONS.changes if name not in _SLOW][::every],
        "defect": list(DEFECTS.changes)[::every],
    }
    for suite in SUITES:
        as_it_is = _judge(suite)
        print(f"{suite}: {len(as_it_is.found)} complaints about what is right", flush=True)
        for kind, names in groups.items():
            verdicts = [_judge(suite, (f"--{kind}", name)) for name in names]
            more = sum(bool(verdict.found - as_it_is.found) for verdict in verdicts)
            seconds = sum(verdict.seconds for verdict in verdicts) / len(verdicts)
            said = "found" if kind == "defect" else "accused of something more"
            print(f"  {kind}s: {more} of {len(names)} {said}, {seconds:.1f} s each", flush=True)


if __name__ == "__main__":
    main()
