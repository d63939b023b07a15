"""The environment is never the implementation's fault: each row is one, before our own mock server.

Beside most of them is a real defect, a scope that is not checked: a run fails by that requirement and no other.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from conformance.wire import client
from tests.conformance.environment import environments as env
from tests.conformance.proxy import Answer, Environment, Forward, Request, always, plain, standing
from tests.conformance.support import MINT, SHORT, Done, only, run
from tests.support import MockServer

pytestmark = pytest.mark.usefixtures("slow_target")

DEFECT = ("list-emails/forbidden/scope", "list-emails/forbidden/scope-subsets")
"""The requirements that the defect breaks."""
LAG = SHORT * 0.6
"""Seconds for which replicas may lag: the patience of a run outlasts it."""
GONE = "no longer does"
WEB_PAGE = Answer(200, env.HTML, b"<html><head><title>Back at nine</title></head></html>")
LOGIN_PAGE = Answer(302, (("Location", "https://sso.example/login"),), b"")

Setting = Callable[[dict[str, Any], MockServer], object]


@dataclass(frozen=True)
class Row:
    """One environment.

    Attributes:
        name: Its name.
        code: The exit code that is right, were it not for the defect; None for 0 or 3.
        words: Some of what the run must say of it.
        make: Makes the environment.
        setting: Changes the target file, and the server's data.
        only: The requirements to verify.
        beside: Whether there is a defect beside it, which is found.
        changes: Whether the accounts may be others afterwards.
    """

    name: str
    code: int | None
    words: Sequence[str] = ()
    make: Callable[[], Environment] = lambda: plain
    setting: Setting = lambda _data, _server: None
    only: Sequence[str] = ("list-emails/forbidden/scope", "list-emails/members", "get-user/members")
    beside: bool = True
    changes: bool = False


def _minting(data: dict[str, Any], server: MockServer) -> None:
    for account in data["accounts"].values():
        account["tokens"] = {}
    data["token_command"] = [sys.executable, "-ISc", MINT, server.url, "{username}", "{scopes}"]


def _minting_all(data: dict[str, Any], server: MockServer) -> None:
    _minting(data, server)
    for account in data["accounts"].values():
        account["password"] = None


def _with(**keys: Any) -> Setting:
    return lambda data, _server: data.update(keys)


def _owner(**keys: Any) -> Setting:
    return lambda data, _server: data["accounts"]["owner"].update(keys)


def _empty_name(*, disposable: bool) -> Setting:
    def setting(data: dict[str, Any], server: MockServer) -> None:
        state = server.state()
        for account in state["accounts"]:
            if account["username"] == "johndoe":
                account["full_name"] = ""
        server.put_state(state)
        data["accounts"]["owner"]["disposable"] = disposable

    return setting


def _takes_no_empty_name(request: Request) -> bool:
    empty = (b'"full_name": ""', b'"full_name":""', b"full_name=&")
    return request.method == "PATCH" and any(one in f"{request.body!r}".encode() for one in empty)


def _is_to_example_com(request: Request) -> bool:
    return request.method == "POST" and b"example.com" in request.body


def _is_an_attack(request: Request) -> bool:
    said = request.path.encode() + request.body
    return any(one in said for one in (b"<script", b"\\u0000", b"%00", b"\0", b"..%2F"))


def _crashes(request: Request) -> bool:
    return request.method == "GET" and request.headers.get("authorization") is None


def _signed(user: dict[str, Any], number: int) -> None:
    user["gravatar_url"] = f"{user['gravatar_url']}?signed={number}"
    user["etag"] = f"v{number}"


def _signed_at_times(user: dict[str, Any], number: int) -> None:
    user["gravatar_url"] = f"{user['gravatar_url']}?signed={number // 20}"


def _moving(user: dict[str, Any], number: int) -> None:
    user["date_joined"] = f"2014-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z"


WRITES = ("update-user/sets-full-name", "add-email/listed", DEFECT[0])
WRONG = ("list-emails/unauthenticated/wrong", "list-emails/basic-accepted", DEFECT[0])
ROWS = (
    Row("nothing", 0),
    # -- logins
    Row(
        "tokens that end in the middle",
        0,
        ["minted another"],
        lambda: env.Dying(9),
        _minting,
        WRITES,
    ),
    Row(
        "tokens that end, and no other login",
        2,
        ["target.yaml", "add accounts.owner.password"],
        setting=_minting_all,
        beside=False,
    ),
    Row(
        "a listed token that dies",
        3,
        ["worked at the start and no longer does"],
        lambda: env.Dying(2, "johndoe-email_read"),
        only=("list-emails/bearer-accepted", DEFECT[0]),
    ),
    Row("a lock after five wrong passwords in a row", 0, [], lambda: env.Locking(4), only=WRONG),
    Row(
        "a lock after two wrong passwords in a row",
        0,
        [],
        lambda: env.Locking(2),
        _with(wrong_logins=2),
        WRONG,
    ),
    Row(
        "a lock after six wrong passwords in all",
        3,
        ["locked"],
        lambda: env.Locking(5, in_a_row=False),
        only=WRONG,
    ),
    *(
        Row(
            f"a lock that answers {status}, after six wrong passwords in all",
            3,
            ["johndoe is locked", "wrong_logins"],
            partial(env.Locking, 11, in_a_row=False, refusal=env.json_answer(status, "a lock")),
            only=("list-emails", "get-user", "user/other-methods"),
        )
        for status in (403, 423)
    ),
    Row(
        "a lock of all logins",
        3,
        ["johndoe is locked"],
        lambda: env.Locking(11, in_a_row=False, refusal=env.json_answer(423, ""), tokens=True),
        only=(*WRONG, "get-user", "update-user"),
        beside=False,
        changes=True,
    ),
    Row(
        "a password with a colon, split wrongly",
        2,
        ["accounts.owner.password does not work", "colon"],
        setting=_owner(password="john:doe"),
        beside=False,
    ),
    Row(
        "a secret that ends in a line break",
        2,
        ["target.yaml:", "ends in a line break"],
        setting=_owner(password="johndoe-password\n"),
        beside=False,
    ),
    # -- lines
    Row(
        "reads of a replica, with consistency",
        0,
        [],
        lambda: env.Behind([0.05]),
        _with(consistency="0.2s"),
        WRITES,
    ),
    Row(
        "reads of a replica, without",
        None,  # the lag may be over before anything is read
        ["set consistency in the target file"],
        lambda: env.Behind([LAG]),
        only=WRITES,
    ),
    Row(
        "reads of replicas, each behind by another time, without",
        None,  # once the lag is seen, it is waited for: what was not lost to it is verified
        ["set consistency in the target file"],
        lambda: env.Behind([LAG / 8, LAG, LAG / 2]),
        only=("update-user/sets", "update-user/form", "add-email/listed", DEFECT[0]),
    ),
    Row("a 502 now and then", 0, ["gateway"], lambda: env.every(11, Answer(502))),
    Row(
        "a limiter that says 503",
        0,
        ["gateway"],
        lambda: env.every(11, Answer(503, (("Retry-After", "0"),), b""), before=True),
    ),
    *(
        Row(
            f"{name} from the middle on",
            3,
            words,
            partial(env.after, 60, answer),
            only=("list-emails", "get-user", "user/other-methods"),
            beside=False,
            changes=True,
        )
        for name, words, answer in (
            ("an outage", ["the target is away"], Answer(503)),
            ("a login page", [GONE, "302 to https://sso.example/login"], LOGIN_PAGE),
            ("a web page", [GONE, "200 with the page 'Back at nine'"], WEB_PAGE),
            ("a wrong route", [GONE, "404 with the page 'Not of the API'"], Answer(404)),
            ("a ban", [GONE, "is answered 410"], env.json_answer(410, {"detail": "gone"})),
        )
    ),
    # -- nothing there
    Row("a wrong prefix", 2, ["404", "base_url"], lambda: always(Answer(404)), beside=False),
    # -- what stands between
    Row(
        "a firewall",
        0,
        [],
        lambda: env.when(_is_an_attack, Answer(403)),
        only=("update-user/documented-answers", DEFECT[0]),
    ),
    # -- rules of the place
    Row(
        "a mail domain that is refused",
        0,
        [],
        lambda: env.when(_is_to_example_com, env.json_answer(400, {"detail": "no such domain"})),
        _with(email_domain="staging.example.org"),
        (*WRITES, "update-user/sets-gravatar-email"),
    ),
    Row(
        "five addresses per account",
        3,
        ["addresses"],
        lambda: env.limiting_addresses(4),
        only=("add-email/listed", "add-email/others-untouched", "add-email/form", DEFECT[0]),
    ),
    *(
        Row(name, 3, ["another"], partial(env.Meddling, unmarked), only=WRITES, changes=True)
        for name, unmarked in (
            ("another run", 0),
            ("another run that puts back what it found", 12),
        )
    ),
    *(
        Row(
            f"a text that is not taken back, in an account that {name} disposable",
            code,
            words,
            lambda: env.when(_takes_no_empty_name, env.json_answer(400, {})),
            setting,
            WRITES,
            changes=True,
        )
        for name, code, words, setting in (
            ("is not", 3, ["disposable"], _empty_name(disposable=False)),
            ("is", 0, [], _empty_name(disposable=True)),
        )
    ),
    Row(
        "a gravatar_url that is signed anew",
        0,
        ["gravatar_url"],
        lambda: env.rewriting_user(_signed),
        only=(
            "update-user/sets-full-name",
            "update-user/sets-gravatar-email",
            "get-user/own-data",
            DEFECT[0],
        ),
    ),
    Row(
        "a gravatar_url that is signed anew now and then",
        None,
        make=lambda: env.rewriting_user(_signed_at_times),
        only=WRITES,
    ),
)

DEFECTS = (
    Row(
        "a date_joined that moves",
        1,
        ["date_joined"],
        lambda: env.rewriting_user(_moving),
        only=("update-user/sets-full-name", "get-user/own-data"),
    ),
    Row(
        "a worker that crashes behind a gateway",
        1,
        ["list-emails/unauthenticated/missing"],
        lambda: env.when(_crashes, Answer(502)),
        only=("list-emails/unauthenticated/missing",),
    ),
    Row(
        "404 to all who log in", 1, [], lambda: env.when(lambda one: not _crashes(one), Answer(404))
    ),
)
"""Defects that look like an environment."""


def named(rows: Sequence[Row]) -> list[Any]:
    """Return the rows as parameters with their names."""
    return [pytest.param(row, id=row.name) for row in rows]


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a gateway's target for a short time only."""
    monkeypatch.setattr(client, "PAUSES", (0.05, 0.1, 0.2))


def result(row: Row, server: MockServer, folder: Path, *defects: Environment) -> Done:
    """The run of a row, after which the accounts are as they were."""

    def change(data: dict[str, Any]) -> None:
        row.setting(data, server)

    before = server.accounts()
    with standing(row.make(), *defects, upstream=server.url) as url:
        done = run(folder, url, *only(*row.only), "--seed=1", "--max-examples=2", change=change)
    if done.code != 2 and not row.changes:
        assert server.accounts() == before
    return done


def failures(done: Done) -> dict[str, list[str]]:
    """The requirements of the level MUST that failed, and what was found in place of what was expected."""
    return {
        one["id"]: [check["actual"] for check in one["checks"] if check["status"] == "failed"]
        for one in done.report["requirements"]
        if one["status"] == "failed" and one["level"] == "MUST"
    }


def is_incomplete(done: Done) -> bool:
    """Tell if something of the level MUST was not verified, failed or not."""
    checks = [
        check["status"]
        for one in done.report["requirements"]
        if one["level"] == "MUST"
        for check in one["checks"] or [one]
    ]
    return "not_verified" in checks


@pytest.mark.parametrize("row", named(ROWS))
def test_an_environment_is_no_failure_and_hides_none(
    row: Row, server: MockServer, tmp_path: Path
) -> None:
    done = result(row, server, tmp_path, *[env.unscoped] * row.beside)

    told = done.said + json.dumps(done.report, ensure_ascii=False)
    assert [word for word in row.words if word not in told] == [], done.said
    if not row.beside:
        assert done.code == row.code, done.said
        return
    assert done.code == 1, done.said
    found = failures(done)
    assert found
    assert set(found) <= set(DEFECT), done.said
    # What the defect answers, and not what the environment does.
    assert [one for checks in found.values() for one in checks if "200" not in one] == []
    if row.code is not None:
        assert is_incomplete(done) == (row.code == 3), done.said


def test_the_page_of_a_firewall_is_not_judged_as_an_error_body(
    server: MockServer, tmp_path: Path
) -> None:
    chosen = only("list-emails/error-body", "list-emails/forbidden/owner-basic")

    with standing(env.when(_is_an_attack, Answer(403)), upstream=server.url) as url:
        done = run(tmp_path, url, "--level", "should", *chosen)

    assert done.code == 0, done.said


@pytest.mark.parametrize("row", named(DEFECTS))
def test_a_defect_that_looks_like_an_environment_is_one(
    row: Row, server: MockServer, tmp_path: Path
) -> None:
    done = result(row, server, tmp_path)

    assert done.code == 1, done.said
    assert [word for word in row.words if word not in done.said] == [], done.said


def test_what_somebody_else_changes_while_it_is_read_is_not_accused(
    server: MockServer, tmp_path: Path
) -> None:
    numbers = itertools.count()

    def changing(request: Request, forward: Forward) -> Answer:
        path, by_name, _ = request.path.partition("?username=")
        if by_name and path.endswith("/emails/"):
            body = json.dumps({"email": f"somebody{next(numbers)}@example.net"}).encode()
            headers = {"content-type": "application/json", "content-length": str(len(body))}
            one = Request("POST", path, headers, body).having("Bearer johndoe-all")
            assert forward(one).status == 201
        return forward(request)

    with standing(changing, upstream=server.url) as url:
        done = run(tmp_path, url, *only("list-emails/own-only"))

    assert done.code == 3, done.said
    assert done.status("list-emails/own-only") == "not_verified"
    assert "somebody else changed" in done.said
