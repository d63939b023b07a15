"""`python -m bench.suites`: the findings of our conformance suite, and of plain Schemathesis.

Both are run against the reference of the self-test: as it is, in legal variations, and with planted defects
that break a MUST. Schemathesis does all its checks in all its phases, and gets what it asks for: the username,
a token with all scopes, and the contract without the form of errors, which the text leaves open. Its findings in
the implementation as it is do not count.
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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from accounts_contract import accounts_file
from conformance.catalogue.requirements import catalogue
from conformance.selftest.changes import CHANGES, Change, Defect, Variation, build
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import SCOPES
from conformance.selftest.stage import write_target
from conformance.selftest.trials import load
from tests.conformance.proxy import serving


def _run(command: list[str], folder: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=900, check=False
    )


def _ours(url: str, service: Service, folder: str) -> set[str]:
    """Return the requirements that fail."""
    write_target(Path(folder, "target.yaml"), service, url)
    options = ["run", "target.yaml", "--seed", "1", "--report", "report.json"]
    done = _run([sys.executable, "-m", "conformance.cli", *options], folder)
    report = json.loads(Path(folder, "report.json").read_text("utf-8"))
    found = {one["id"] for one in report["requirements"] if one["status"] == "failed"}
    return found if done.returncode == 1 else set() if done.returncode == 0 else {"not judged"}


def _schemathesis(url: str, service: Service, folder: str) -> set[str]:
    """Return the failures, each with its operation."""
    username = service.seed.users[0].username
    token = service.seed.token(username, " ".join(SCOPES))
    configuration = f"[parameters]\nusername = {json.dumps(username)}\n"
    Path(folder, "schemathesis.toml").write_text(configuration, "utf-8")
    Path(folder, "contract.json").write_text(json.dumps(_contract()), "utf-8")
    options = [
        *("--url", url + service.prefix, "--header", f"Authorization: Bearer {token}"),
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
    data = copy.deepcopy(yaml.safe_load(accounts_file().read_text("utf-8")))
    for refusal in data["components"]["responses"].values():
        refusal.pop("content", None)
    for item in data["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                for status, response in operation["responses"].items():
                    if status >= "400":
                        response.pop("content", None)
                operation.get("requestBody", {}).get("content", {}).pop("multipart/form-data", None)
    return data


SUITES: dict[str, Callable[[str, Service, str], set[str]]] = {
    "conformance": _ours,
    "schemathesis": _schemathesis,
}


@dataclass(frozen=True)
class _Verdict:
    found: set[str]
    seconds: float


def _judge(suite: str, *changes: Change) -> _Verdict:
    service = build(changes)
    with serving(service) as url, tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        return _Verdict(SUITES[suite](url, service, folder), time.monotonic() - begun)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both suites, and print their findings."""
    parser = argparse.ArgumentParser(prog="python -m bench.suites", description=__doc__)
    parser.add_argument("--every", type=int, default=10, help="take every Nth change (default: 10)")
    every = parser.parse_args(arguments).every
    load()
    variations = [one for one in CHANGES.values() if isinstance(one, Variation)][::every]
    defects = [one for one in CHANGES.values() if isinstance(one, Defect)][::every]
    # What breaks a SHOULD alone is a warning, and no failure.
    breaking = [
        one for one in defects if any(catalogue()[each].level == "MUST" for each in one.breaks)
    ]
    groups: dict[str, Sequence[Change]] = {"variation": variations, "defect": breaking}
    for suite in SUITES:
        as_it_is = _judge(suite)
        print(f"{suite}: {len(as_it_is.found)} findings in the right implementation", flush=True)
        for kind, changes in groups.items():
            verdicts = [_judge(suite, one) for one in changes]
            more = sum(bool(verdict.found - as_it_is.found) for verdict in verdicts)
            seconds = sum(verdict.seconds for verdict in verdicts) / len(verdicts)
            said = "found" if kind == "defect" else "accused of something more"
            print(f"  {kind}s: {more} of {len(changes)} {said}, {seconds:.1f} s each", flush=True)


if __name__ == "__main__":
    main()
