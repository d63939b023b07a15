"""`conformance run`: its verdicts and exit codes."""

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conformance.runner import session
from tests.conformance.proxy import Answer, Forward, Request, bare, gateway, standing
from tests.conformance.support import MINT, only, run
from tests.support import JOHN, JOHNS, JOHNS_EMAILS, MockServer


def test_the_mock_server_conforms_and_stays_as_it_was_and_no_time_is_waited(
    server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = server.accounts()
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)

    done = run(tmp_path, server.url, "--level", "should")

    assert done.code == 0, done.said
    assert done.report["verdict"] == "conformant"
    assert done.report["summary"]["failed"] == done.report["summary"]["not_verified"] == 0
    assert server.accounts() == before
    assert list(tmp_path.glob(".*journal*")) == []
    assert sum(waits) == 0


def test_a_picture_that_nobody_can_put_back_is_waited_for_once(
    server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.send("PATCH", JOHNS, JOHN, json={"gravatar_email": "elsewhere@example.com"})
    waits: list[float] = []
    wait = time.sleep

    def noted(seconds: float) -> None:
        waits.append(seconds)
        wait(seconds)

    monkeypatch.setattr(time, "sleep", noted)

    done = run(
        tmp_path,
        server.url,
        *only("update-user/sets-gravatar-email", "update-user/leaves-others"),
        change=lambda data: data["accounts"]["owner"].pop("gravatar_email"),
    )

    assert done.code == 0, done.said
    assert waits.count(0.02) <= 1


def test_read_only_sends_no_write(server: MockServer, tmp_path: Path) -> None:
    with gateway(upstream=server.url) as way:
        done = run(tmp_path, way.url, "--read-only")

    assert done.code == 3
    assert done.report["verdict"] == "incomplete"
    assert done.status("get-user/success") == "passed"
    assert done.status("update-user/success") == "not_verified"
    assert {one.method for one in way.passed} == {"GET"}


def test_what_read_only_can_verify_is_conformant(server: MockServer, tmp_path: Path) -> None:
    only = ("--only", "get-user", "--only", "list-emails/members")

    done = run(tmp_path, server.url, "--read-only", *only)

    assert done.code == 0, done.said


@pytest.mark.parametrize(("work", "least", "most"), [(10.0, 2, 4), (0.001, 5, 8)])
def test_more_requests_are_under_way_where_an_answer_takes_longer_than_the_work_on_it(
    server: MockServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    work: float,
    least: int,
    most: int,
) -> None:
    monkeypatch.setattr(session, "WORK", work)
    under_way: set[int] = set()
    counts: list[int] = []

    def slow(request: Request, forward: Forward) -> Answer:
        under_way.add(id(request))
        counts.append(len(under_way))
        time.sleep(0.02)
        answer = forward(request)
        under_way.discard(id(request))
        return answer

    with standing(slow, upstream=server.url) as url:
        done = run(tmp_path, url, *only("get-user/members", "list-emails/forbidden"))

    assert done.code == 0, done.said
    assert least <= max(counts[len(counts) // 2 :]) <= most


# -- logins ----------------------------------------------------------------------------------------


def test_a_missing_token_leaves_its_requirements_not_verified(
    server: MockServer, tmp_path: Path
) -> None:
    def change(data: dict[str, Any]) -> None:
        del data["accounts"]["owner"]["tokens"]["email_read"]

    done = run(tmp_path, server.url, "--only", "list-emails", change=change)

    assert done.code == 3, done.out
    assert done.status("list-emails/bearer-accepted") == "not_verified"
    assert done.status("list-emails/basic-accepted") == "passed"


def test_what_only_an_optional_key_shows_is_not_configured(
    server: MockServer, tmp_path: Path
) -> None:
    def change(data: dict[str, Any]) -> None:
        for account in data["accounts"].values():
            del account["expired_token"]

    done = run(tmp_path, server.url, "--only", "get-user/unauthenticated", change=change)

    assert done.code == 0
    assert done.status("get-user/unauthenticated/expired") == "not_configured"
    assert done.status("get-user/unauthenticated/revoked") == "passed"


def test_a_token_command_shows_all_sixteen_sets_of_scopes(
    server: MockServer, tmp_path: Path
) -> None:
    mint = tmp_path / "mint"
    mint.write_text(f"#!{sys.executable}\n{MINT}")
    mint.chmod(0o700)
    command = {"token_command": ["./mint", server.url, "{username}", "{scopes}"]}

    chosen = only("get-user/forbidden")
    done = run(tmp_path, server.url, *chosen, change=lambda data: data.update(command))

    assert done.code == 0, done.said
    found = done.report["by_id"]["get-user/forbidden/scope-subsets"]
    assert found["status"] == "passed"
    assert len(found["checks"]) == 10  # with the four alone, all and none, which others show


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print('not-a-token')", "token_command printed a token of johndoe for 'profile_read'"),
        ("print('{}')", "that every operation refuses with 401"),
        (
            "raise SystemExit(4)",
            "token_command ended with exit code 4 for johndoe and 'profile_read'",
        ),
        ("print('two words')", "token_command printed no token: one line of printable ASCII"),
    ],
)
def test_a_token_command_of_no_use_is_told_before_anything_is_judged(
    server: MockServer, tmp_path: Path, program: str, said: str
) -> None:
    before = server.accounts()

    def change(data: dict[str, Any]) -> None:
        count = "import pathlib; pathlib.Path('calls').open('a').write('x');"
        data["token_command"] = [sys.executable, "-c", f"{count}{program}"]
        data["accounts"]["owner"]["tokens"] = {}

    done = run(tmp_path, server.url, change=change)

    assert done.code == 2
    assert said in done.err
    assert len((tmp_path / "calls").read_text()) == 1
    assert server.accounts() == before
    assert list(tmp_path.glob(".*journal")) == []


def test_a_token_command_that_fails_for_some_scopes_is_not_asked_again(
    server: MockServer, tmp_path: Path
) -> None:
    def change(data: dict[str, Any]) -> None:
        program = "import pathlib; pathlib.Path('calls').open('a').write('x'); raise SystemExit(4)"
        data["token_command"] = [sys.executable, "-c", program]

    done = run(tmp_path, server.url, "--only", "get-user/forbidden", change=change)

    assert done.code == 3
    assert len((tmp_path / "calls").read_text()) == 10


def test_what_a_run_left_whose_restore_file_is_gone_is_told(
    server: MockServer, tmp_path: Path
) -> None:
    left = "conformance0a1b2c.7@example.com"
    server.send("POST", JOHNS_EMAILS, JOHN, json={"email": left})

    done = run(tmp_path, server.url, "--only", "get-user/json")

    assert done.code == 0
    words = " ".join(done.out.split())
    assert f"a run that broke off has left {left}; its restore file is not here" in words


@pytest.mark.parametrize(("scopes", "code"), [("email_write", 2), ("", 3)])
def test_a_dead_token_names_its_key_and_one_without_scopes_is_not_verified(
    server: MockServer, tmp_path: Path, scopes: str, code: int
) -> None:
    def change(data: dict[str, Any]) -> None:
        data["accounts"]["owner"]["tokens"][scopes] = "no-such-token-at-all"

    before = server.accounts()

    done = run(tmp_path, server.url, "--only", "get-user/forbidden/scope", change=change)

    assert done.code == code, done.said
    assert f'accounts.owner.tokens["{scopes}"]' in done.said
    assert "no-such-token-at-all" not in done.said
    assert server.accounts() == before


def test_an_only_that_chooses_nothing_is_a_mistake(server: MockServer, tmp_path: Path) -> None:
    done = run(tmp_path, server.url, "--only", "no-such-thing")
    assert done.code == 2
    assert "no-such-thing" in done.err


# -- servers that misbehave ------------------------------------------------------------------------


def test_a_target_out_of_reach_is_no_verdict(tmp_path: Path) -> None:
    done = run(tmp_path, "http://127.0.0.1:9")
    assert done.code == 2
    assert "127.0.0.1:9" in done.err
    assert done.report["verdict"] == "error"


def test_a_rate_limit_that_stays_is_incomplete(tmp_path: Path) -> None:
    with gateway(bare(429, ("Retry-After", "3600"))) as way:
        done = run(tmp_path, way.url)
    assert done.code == 3, done.said
    assert len(way.passed) == 1


def test_redirects_are_not_followed(tmp_path: Path) -> None:
    with (
        gateway(bare(200)) as elsewhere,
        standing(bare(302, ("Location", f"{elsewhere.url}/api/"))) as url,
    ):
        done = run(tmp_path, url)
    assert done.code == 2, done.said
    assert elsewhere.passed == []


def test_a_server_that_refuses_every_login_is_not_accused(tmp_path: Path) -> None:
    with standing(bare(401)) as url:
        done = run(tmp_path, url)
    assert done.code == 2
    assert "accounts.owner.password" in done.err


@pytest.mark.parametrize("status", [200, 500])
def test_a_server_that_always_says_the_same_does_not_conform(tmp_path: Path, status: int) -> None:
    with standing(bare(status)) as url:
        assert run(tmp_path, url).code == 1


# -- waivers ---------------------------------------------------------------------------------------


def _waive(folder: Path, requirement: str, days: int) -> tuple[str, Path]:
    expires: date = datetime.now(UTC).date() + timedelta(days=days)
    path = folder / "waivers.yaml"
    path.write_text(f'- {{id: {requirement}, reason: known, expires: "{expires}"}}\n')
    return "--waivers", path


def test_a_waiver_of_what_passes_fails_the_run(server: MockServer, tmp_path: Path) -> None:
    waivers = _waive(tmp_path, "get-user/success", days=1)
    done = run(tmp_path, server.url, "--only", "get-user/success", *waivers)
    assert done.code == 1
    assert "get-user/success is waived, and passes; remove the waiver" in done.out


def test_an_expired_waiver_fails_the_run(tmp_path: Path) -> None:
    waivers = _waive(tmp_path, "get-user/success", days=-1)
    with standing(bare(500)) as url:
        done = run(tmp_path, url, "--only", "get-user/success", *waivers)
    assert done.code == 1
    assert "expired" in done.out


def test_a_waived_failure_does_not_fail_the_run(tmp_path: Path) -> None:
    waivers = _waive(tmp_path, "get-user/basic-accepted", days=1)
    junit, page = tmp_path / "report.xml", tmp_path / "report.html"
    more = ("--report", junit, "--report", page)
    with standing(bare(500)) as url:
        done = run(tmp_path, url, "--only", "get-user/basic-accepted", *waivers, *more)
    assert done.code == 0, done.out
    sentence = "Every MUST of this run was verified, and holds, apart from 1 waived requirement."
    assert sentence in " ".join(done.out.split())
    assert sentence in page.read_text("utf-8")
    assert done.report["summary"]["waived"] == 1
    assert 'message="waived: waived until' in junit.read_text("utf-8")
