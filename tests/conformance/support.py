"""Shared by the tests of the suite: target files, restore files and the command."""

from __future__ import annotations

import io
import json
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from conformance.account.restore_file import Record
from conformance.account.state import AccountState
from conformance.cli import main
from conformance.settings import Settings, settings_from

SCOPES = ("profile_read", "profile_write", "email_read", "email_write")

MINT = """
import json, sys, urllib.request
url, username, scopes = sys.argv[1:]
wish = json.dumps({"username": username, "scopes": scopes.split()}).encode()
request = urllib.request.Request(f"{url}/_mock/tokens", wish, {"Content-Type": "application/json"})
print(json.load(urllib.request.urlopen(request))["access_token"])
"""
"""A program that has the mock server at a URL make a token, and prints it."""

SHORT = 0.25
"""Seconds that a change may be late by in a test."""

Change = Callable[[dict[str, Any]], object] | None
"""A change to the data of a target file."""


@dataclass(frozen=True)
class Done:
    """A command that ended, and the JSON report that it wrote, if any."""

    code: int
    out: str
    err: str
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """All that it printed."""
        return self.out + self.err

    def status(self, requirement: str) -> str:
        """The status of a requirement in the report."""
        return str(self.report["by_id"][requirement]["status"])


def only(*ids: str) -> list[str]:
    """Choose requirements."""
    return [f"--only={one}" for one in ids]


def _impatient(target: Path, values: Mapping[str, Any]) -> Settings:
    return replace(settings_from(target, values), patience=SHORT)


def conformance(*arguments: object, environment: Mapping[str, str] | None = None) -> Done:
    """Run the command to its end in this process: the same, without the wait for its start, and less patient."""
    out, err = io.StringIO(), io.StringIO()
    handlers = {
        one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    with (
        patch.dict(os.environ, environment or {}),
        patch("conformance.cli.settings_from", _impatient),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            code = main([str(one) for one in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            for one, handler in handlers.items():
                signal.signal(one, handler)
    return Done(code, out.getvalue(), err.getvalue())


def account(username: str) -> dict[str, Any]:
    """Return an account of the default fixtures, as a target file has it."""
    tokens = {scope: f"{username}-{scope}" for scope in SCOPES}
    tokens |= {" ".join(SCOPES): f"{username}-all", "": f"{username}-none"}
    return {
        "username": username,
        "password": f"{username}-password",
        "expired_token": f"{username}-expired",
        "revoked_token": f"{username}-revoked",
        "tokens": tokens,
    }


def target_data(url: str) -> dict[str, Any]:
    """Return a target file for the default fixtures; the owner has a gravatar_email of their own."""
    owner = {**account("johndoe"), "gravatar_email": "john.doe@example.com"}
    return {"base_url": url, "accounts": {"owner": owner, "other": account("janedoe")}}


def write_target(folder: Path, url: str, change: Change = None) -> Path:
    """Write a target file, changed by a function if there is one."""
    data = target_data(url)
    if change is not None:
        change(data)
    path = folder / "target.yaml"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def report_of(path: Path) -> dict[str, Any]:
    """Read a JSON report; put its requirements by id under `by_id`."""
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    data["by_id"] = {one["id"]: one for one in data["requirements"]}
    return data


def run(
    folder: Path,
    url: str,
    *options: object,
    change: Change = None,
    environment: Mapping[str, str] | None = None,
) -> Done:
    """Run the suite against a URL with a target file and a JSON report in a folder."""
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    target = write_target(folder, url, change)
    done = conformance("run", target, "--report", report, *options, environment=environment)
    assert "Traceback" not in done.said
    return replace(done, report=report_of(report)) if report.exists() else done


def write_restore_file(folder: Path, url: str, accounts: Mapping[str, AccountState]) -> Path:
    """Write the restore file of a run that broke off."""
    usernames = {role: one["username"] for role, one in target_data(url)["accounts"].items()}
    names = {role: usernames[role] for role in accounts}
    path = folder / "restore-file"
    path.write_text(Record(url, "conformance012345", names, accounts).to_json())
    return path
