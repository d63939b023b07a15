"""`conformance run`: what it says of servers, and with which exit code."""

from __future__ import annotations

import base64
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.gateway import gateway
from tests.conformance.support import Answer, conformance, report_of, stub, write_target
from tests.support import PATIENCE, ROOT, MockServer, clean_environment


def _state(server: MockServer) -> Any:
    accounts = server.state()["accounts"]
    for account in accounts:
        account["emails"].sort(key=lambda email: email["email"])
    return accounts


def test_the_mock_server_conforms_and_stays_as_it_was(server: MockServer, tmp_path: Path) -> None:
    before = _state(server)
    report = tmp_path / "report.json"
    target = write_target(tmp_path, server.url)
    done = conformance("run", target, "--level", "should", "--report", report)
    assert done.code == 0, done.out + done.err
    found = report_of(report)
    assert found["verdict"] == "conformant"
    assert found["summary"]["failed"] == found["summary"]["not_verified"] == 0
    assert _state(server) == before
    assert list(tmp_path.glob(".*journal*")) == []


def test_workers_find_the_same(server: MockServer, tmp_path: Path) -> None:
    target = write_target(tmp_path, server.url)
    statuses = []
    for number in (1, 2):
        report = tmp_path / f"{number}.json"
        options = ("--only", "delete-email", "--only", "list-emails", "--seed", "7")
        done = conformance("run", target, *options, "--workers", number, "--report", report)
        assert done.code == 0, done.out + done.err
        found = report_of(report)["requirements"]
        statuses.append({one["id"]: (one["status"], len(one["checks"])) for one in found})
    assert statuses[0] == statuses[1]


def test_the_suite_runs_as_pytest(server: MockServer, tmp_path: Path) -> None:
    target = write_target(tmp_path, server.url)

    def pytest_run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "conformance.runner.pytest_entry",
            "--pyargs",
        ]
        return subprocess.run(
            [*command, "conformance", "-p", "no:cacheprovider", *options],
            cwd=tmp_path,
            env=clean_environment({"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}),
            capture_output=True,
            text=True,
            timeout=PATIENCE * 4,
            check=False,
        )

    named = f"--conformance-target={target}"
    done = pytest_run(named, "-k", "primary")
    assert done.returncode == 0, done.stdout + done.stderr
    done = pytest_run(named, "-k", "no_such_check")
    assert done.returncode == 3, done.stdout + done.stderr
    done = pytest_run()
    assert done.returncode == 2
    assert "--conformance-target" in done.stdout + done.stderr


def test_read_only_sends_no_write(server: MockServer, tmp_path: Path) -> None:
    server.send("DELETE", "/_mock/requests")
    before = _state(server)
    report = tmp_path / "report.json"
    target = write_target(tmp_path, server.url)
    done = conformance("run", target, "--read-only", "--report", report)
    assert done.code == 3
    found = report_of(report)
    assert found["verdict"] == "incomplete"
    assert found["by_id"]["get-user/success"]["status"] == "passed"
    assert found["by_id"]["update-user/success"]["status"] == "not_verified"
    assert _state(server) == before


def _without(*keys: str) -> Any:
    def change(data: dict[str, Any]) -> None:
        for key in keys[:-1]:
            data = data[key]
        del data[keys[-1]]

    return change


def test_a_missing_token_leaves_its_requirements_not_verified(
    server: MockServer, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    change = _without("accounts", "owner", "tokens", "email_read")
    target = write_target(tmp_path, server.url, change)
    done = conformance("run", target, "--only", "list-emails", "--report", report)
    assert done.code == 3, done.out
    found = report_of(report)["by_id"]
    assert found["list-emails/bearer-accepted"]["status"] == "not_verified"
    assert found["list-emails/basic-accepted"]["status"] == "passed"


def test_what_only_an_optional_key_shows_is_not_configured(
    server: MockServer, tmp_path: Path
) -> None:
    def change(data: dict[str, Any]) -> None:
        for account in data["accounts"].values():
            del account["expired_token"]

    report = tmp_path / "report.json"
    target = write_target(tmp_path, server.url, change)
    done = conformance("run", target, "--only", "get-user/unauthenticated", "--report", report)
    assert done.code == 0
    found = report_of(report)["by_id"]
    assert found["get-user/unauthenticated/expired"]["status"] == "not_configured"
    assert found["get-user/unauthenticated/revoked"]["status"] == "passed"


def test_a_token_command_shows_all_sixteen_sets_of_scopes(
    server: MockServer, tmp_path: Path
) -> None:
    mint = tmp_path / "mint"
    mint.write_text(
        f"#!{sys.executable}\n"
        "import json, sys, urllib.request\n"
        "wish = {'username': sys.argv[1], 'scopes': sys.argv[2].split(), 'expires_in': 600}\n"
        f"request = urllib.request.Request('{server.url}/_mock/tokens', json.dumps(wish).encode(),\n"
        "    {'Content-Type': 'application/json'})\n"
        "print(json.load(urllib.request.urlopen(request))['access_token'])\n"
    )
    mint.chmod(0o700)
    command = ["./mint", "{username}", "{scopes}"]
    target = write_target(tmp_path, server.url, lambda data: data.update(token_command=command))
    report = tmp_path / "report.json"
    done = conformance("run", target, "--only", "get-user/forbidden", "--report", report)
    assert done.code == 0, done.out + done.err
    found = report_of(report)["by_id"]["get-user/forbidden/scope-subsets"]
    assert found["status"] == "passed"
    assert len(found["checks"]) == 10  # with the four alone, all and none, which others show


def test_a_dead_login_names_its_key(server: MockServer, tmp_path: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data["accounts"]["other"]["tokens"]["email_write"] = "no-such-token-at-all"

    before = _state(server)
    done = conformance("run", write_target(tmp_path, server.url, change))
    assert done.code == 2
    assert 'accounts.other.tokens["email_write"]' in done.err
    assert "no-such-token-at-all" not in done.out + done.err
    assert _state(server) == before


def test_a_dead_token_without_scopes_is_not_verified(server: MockServer, tmp_path: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data["accounts"]["owner"]["tokens"][""] = "no-such-token-at-all"

    target = write_target(tmp_path, server.url, change)
    done = conformance("run", target, "--only", "get-user/forbidden/scope")
    assert done.code == 3, done.out + done.err


def test_a_target_out_of_reach_is_no_verdict(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    target = write_target(tmp_path, "http://127.0.0.1:9")
    done = conformance("run", target, "--report", report)
    assert done.code == 2
    assert "127.0.0.1:9" in done.err
    assert "Traceback" not in done.err
    assert report_of(report)["verdict"] == "error"


def test_an_only_that_chooses_nothing_is_a_mistake(server: MockServer, tmp_path: Path) -> None:
    done = conformance("run", write_target(tmp_path, server.url), "--only", "no-such-thing")
    assert done.code == 2
    assert "no-such-thing" in done.err


def test_an_interrupted_run_restores_the_accounts(server: MockServer, tmp_path: Path) -> None:
    before = _state(server)
    process = _started(write_target(tmp_path, server.url))
    _wait_for_a_write(server, before)
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    assert _state(server) == before


def test_a_killed_run_is_cleaned_up_by_its_journal(server: MockServer, tmp_path: Path) -> None:
    before = _state(server)
    target = write_target(tmp_path, server.url)
    journal = tmp_path / "journal"
    process = _started(target, "--journal", str(journal))
    _wait_for_a_write(server, before)
    process.kill()
    process.wait(PATIENCE)
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    done = conformance("cleanup", target, "--journal", journal)
    assert done.code == 0, done.err
    assert _state(server) == before
    assert not journal.exists()


def _started(target: Path, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "conformance.cli", "run", str(target), *options],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait_for_a_write(server: MockServer, before: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while _state(server) == before:
        assert time.monotonic() < deadline, "nothing was written"
        time.sleep(0.02)


def test_a_second_run_at_the_same_time_accuses_nobody(server: MockServer, tmp_path: Path) -> None:
    before = _state(server)
    target = write_target(tmp_path, server.url)
    first = _started(target, "--journal", str(tmp_path / "one"))
    _wait_for_a_write(server, before)
    done = conformance("run", target, "--journal", tmp_path / "two")
    assert done.code in (0, 3), done.out
    assert first.wait(PATIENCE * 4) in (0, 3)


def test_a_run_that_finds_the_journal_held_writes_nothing(
    server: MockServer, tmp_path: Path
) -> None:
    target = write_target(tmp_path, server.url)
    before = _state(server)
    going, held = threading.Event(), threading.Event()
    going.set()

    def hold_back(_count: int) -> None:
        if not going.is_set():
            held.set()
            going.wait(PATIENCE * 4)

    with gateway(server.url, refuse=hold_back) as way:
        url = f"http://127.0.0.1:{way.port}"
        first = _started(target, "--base-url", url, "--only", "add-email/success")
        _wait_for_a_write(server, before)
        going.clear()
        assert held.wait(PATIENCE), "the first run was over before it could be held"
        written = _state(server)
        done = conformance("run", target, "--only", "get-user", "--only", "add-email")
        assert done.code == 3
        assert "another run" in done.out
        assert _state(server) == written
        going.set()
        assert first.wait(PATIENCE * 4) == 0


# -- servers that misbehave ------------------------------------------------------------------------


def _always(status: int, **headers: str) -> Any:
    def answer(_method: str, _path: str, _headers: Any) -> Answer:
        return status, headers, b""

    return answer


def test_a_rate_limit_that_stays_is_incomplete(tmp_path: Path) -> None:
    with stub(_always(429, **{"Retry-After": "3600"})) as (url, seen):
        done = conformance("run", write_target(tmp_path, url))
    assert done.code == 3, done.out + done.err
    assert len(seen) == 1


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    with stub(_always(200)) as (elsewhere, visits):
        location = f"{elsewhere}/api/"
        with stub(_always(302, Location=location)) as (url, seen):
            done = conformance("run", write_target(tmp_path, url))
    assert done.code == 1, done.out + done.err
    assert seen
    assert visits == []


def test_a_server_that_knows_nobody_is_not_accused(tmp_path: Path) -> None:
    with stub(_always(401)) as (url, _):
        done = conformance("run", write_target(tmp_path, url))
    assert done.code == 2
    assert "accounts.owner.password" in done.err


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_server_that_always_says_the_same_does_not_conform(tmp_path: Path, status: int) -> None:
    with stub(_always(status)) as (url, _):
        done = conformance("run", write_target(tmp_path, url))
    assert done.code == 1, done.out + done.err
    assert "Traceback" not in done.err


# -- waivers ---------------------------------------------------------------------------------------


def _waive(folder: Path, requirement: str, expires: date) -> Path:
    path = folder / "waivers.yaml"
    path.write_text(f'- {{id: {requirement}, reason: known, expires: "{expires}"}}\n')
    return path


def test_a_waiver_of_what_passes_fails_the_run(server: MockServer, tmp_path: Path) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    waivers = _waive(tmp_path, "get-user/success", tomorrow)
    target = write_target(tmp_path, server.url)
    done = conformance("run", target, "--only", "get-user/success", "--waivers", waivers)
    assert done.code == 1
    assert "passes, and is waived" in done.out


def test_an_expired_waiver_fails_the_run(tmp_path: Path) -> None:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    with stub(_always(404)) as (url, _):
        waivers = _waive(tmp_path, "get-user/success", yesterday)
        target = write_target(tmp_path, url)
        done = conformance("run", target, "--only", "get-user/success", "--waivers", waivers)
    assert done.code == 1
    assert "expired" in done.out


def test_a_waived_failure_does_not_fail_the_run(tmp_path: Path) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    with stub(_always(404)) as (url, _):
        waivers = _waive(tmp_path, "get-user/basic-accepted", tomorrow)
        target = write_target(tmp_path, url)
        reports = [tmp_path / f"report.{kind}" for kind in ("json", "xml", "html")]
        options = [part for report in reports for part in ("--report", report)]
        only = ("--only", "get-user/basic-accepted")
        done = conformance("run", target, *only, "--waivers", waivers, *options)
    assert done.code == 0, done.out
    sentence = "Every MUST of this run was verified, and holds, apart from 1 waived requirement."
    assert sentence in " ".join(done.out.split())
    json_report, junit, page = (report.read_text("utf-8") for report in reports)
    assert sentence in page
    assert '"waived": 1' in json_report
    assert 'message="waived: waived until' in junit


# -- secrets ---------------------------------------------------------------------------------------


def test_no_secret_stands_in_any_report(tmp_path: Path) -> None:
    canary = "canary-Zx81-of-the-environment"
    header = "canary-Qr72-of-the-headers"

    def echo(_method: str, _path: str, headers: Any) -> Answer:
        # A target that tells everything it is told, in a place that is reported.
        text = str(dict(headers))
        return 418, {"X-Echo": "x", "Content-Type": "text/plain"}, text.encode()

    def change(data: dict[str, Any]) -> None:
        data["headers"] = {"X-Team": header}
        data["accounts"]["owner"]["password"] = "${CANARY}"

    reports = [tmp_path / f"report.{kind}" for kind in ("json", "xml", "html")]
    with stub(echo) as (url, _):
        target = write_target(tmp_path, url, change)
        options = [part for report in reports for part in ("--report", report)]
        done = conformance("run", target, *options, environment={"CANARY": canary, **os.environ})
    assert done.code == 1
    login = base64.b64encode(f"johndoe:{canary}".encode()).decode()
    everything = done.out + done.err + "".join(path.read_text("utf-8") for path in reports)
    for secret in (canary, header, login, "johndoe-profile_read", "janedoe-password"):
        assert secret not in everything
