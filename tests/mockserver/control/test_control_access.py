"""Access to the control API: hosts, origins, and the control token."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.mockserver.steering import CONTROL_TOKEN, STEERING, filled
from tests.support import (
    JOHN,
    OPERATIONS,
    Json,
    MockServer,
    StartServer,
    bearer,
    call,
    names,
    preflight,
    problem,
)

PATHS = [(one, filled(one.path, name="api.js")) for one in STEERING]
GUARDED = [(one.method, path) for one, path in PATHS if not one.is_open]
OPEN = [(one.method, path) for one, path in PATHS if one.is_open]
every_guarded_operation = pytest.mark.parametrize(("method", "path"), GUARDED)
every_open_operation = pytest.mark.parametrize(("method", "path"), OPEN)

FOREIGN_HOSTS = (
    *("evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example"),
    *("192.168.0.1", "0.0.0.0", "[2001:db8::1]", ""),  # noqa: S104 - nothing is bound to it here
)
LOCAL_HOSTS = ("localhost", "127.0.0.1:8080", "LOCALHOST:1", "[::1]:80", "app.localhost")
FOREIGN_ORIGINS = (
    *("http://evil.example", "https://evil.example", "null", "file://"),
    *("http://localhost", "http://127.0.0.1:1"),
)


# The ways in which a foreign page is told from others.
FOREIGN: list[tuple[Json, str]] = [
    # A page whose name was rebound to our address sends that name.
    *(({"Host": host}, "host-not-allowed") for host in FOREIGN_HOSTS),
    *(({"Origin": origin}, "origin-not-allowed") for origin in FOREIGN_ORIGINS),
    # An image or a link of a foreign page carries no Origin.
    *(({"Sec-Fetch-Site": site}, "origin-not-allowed") for site in ("cross-site", "same-site")),
    # The kinds that a browser sends without a preflight.
    *(
        ({"Origin": "http://evil.example", "Content-Type": kind}, "origin-not-allowed")
        for kind in ("text/plain", "application/x-www-form-urlencoded")
    ),
]


@every_guarded_operation
def test_a_foreign_page_is_refused_everywhere(server: MockServer, method: str, path: str) -> None:
    with server.unchanged():
        for fields, code in (FOREIGN[0], FOREIGN[-1]):
            answer = server.send(method, path, headers=fields, content=b'{"accounts": []}')
            problem(answer, 403, code)
    asked = preflight(server, path, method, "http://evil.example")
    assert asked.status_code == 403
    assert "access-control-allow-origin" not in asked.headers


@pytest.mark.parametrize(("fields", "code"), FOREIGN)
def test_a_foreign_page_is_refused_in_whichever_way_it_comes_and_cannot_read_why(
    server: MockServer, fields: Json, code: str
) -> None:
    answer = server.send("GET", "/_mock/state", headers=fields)
    problem(answer, 403, code)
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("Host", host) for host in LOCAL_HOSTS),
        # The server's own pages, and the address bar.
        *(("Sec-Fetch-Site", site) for site in ("same-origin", "none")),
        ("Origin", None),
    ],
)
def test_who_is_on_this_machine_is_let_in(server: MockServer, name: str, value: str | None) -> None:
    fields = {name: value or server.url}
    assert server.send("GET", "/_mock/state", headers=fields).status_code == 200


@pytest.fixture(scope="module")
def opened() -> Iterator[MockServer]:
    """A server whose control API some others may use."""
    allowed = ["--allow-origin", "http://localhost:5173", "--allow-origin", "https://app.example/"]
    with MockServer(*allowed, "--allow-host", "mock.example") as started:
        yield started


@every_guarded_operation
def test_an_allowed_origin_may_use_the_control_api(
    opened: MockServer, method: str, path: str
) -> None:
    for origin in ("http://localhost:5173", "https://app.example"):
        asked = preflight(opened, path, method, origin)
        assert asked.status_code == 204
        assert method.lower() in names(asked.headers["access-control-allow-methods"])
        assert "authorization" in names(asked.headers["access-control-allow-headers"])
        answer = opened.send(method, path, headers={"Origin": origin})
        assert answer.status_code != 403
        for one in (asked, answer):
            assert one.headers["access-control-allow-origin"] == origin


@pytest.mark.parametrize(
    "fields",
    [
        *({"Origin": origin} for origin in (*FOREIGN_ORIGINS, "http://localhost:51730")),
        {"Origin": "http://app.example"},
        {"Host": "sub.mock.example"},
        {"Host": "mock.example.evil.example"},
    ],
)
def test_others_than_the_allowed_hosts_and_origins_stay_outside(
    opened: MockServer, fields: dict[str, str]
) -> None:
    problem(opened.send("GET", "/_mock/state", headers=fields), 403)
    for host in ("mock.example", "mock.example:8080", "MOCK.example"):
        assert opened.send("GET", "/_mock/state", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        *(None, "", CONTROL_TOKEN, f"Basic {CONTROL_TOKEN}", JOHN),
        *("Bearer", "Bearer wrong", f"Bearer {CONTROL_TOKEN}x", bearer("johndoe-all")),
    ],
)
def test_the_control_token_is_asked_for(closed: MockServer, authorization: str | None) -> None:
    answer = closed.send("GET", "/_mock/state", authorization)
    is_one = (authorization or "").startswith("Bearer")
    problem(answer, 401, "control-token-wrong" if is_one else "control-token-missing")
    assert answer.headers["www-authenticate"].startswith("Bearer ")


@every_guarded_operation
def test_the_control_token_opens_each_operation_and_nothing_is_done_without_it(
    closed: MockServer, method: str, path: str
) -> None:
    before = closed.send("GET", "/_mock/state", bearer(CONTROL_TOKEN)).json()
    problem(closed.send(method, path, json={"accounts": []}), 401, "control-token-missing")
    assert closed.send("GET", "/_mock/state", bearer(CONTROL_TOKEN)).json() == before
    assert closed.send(method, path, bearer(CONTROL_TOKEN)).status_code not in (401, 403)


@every_open_operation
def test_open_operations_answer_to_every_host_and_ask_for_no_control_token(
    closed: MockServer, method: str, path: str
) -> None:
    assert closed.send(method, path, headers={"Host": "mock.example"}).status_code == 200


def test_the_control_token_opens_no_account_and_nothing_to_a_foreign_page(
    closed: MockServer,
) -> None:
    problem(call(closed, OPERATIONS[0], bearer(CONTROL_TOKEN)), 401, "token-unknown")
    headers = {"Origin": "http://evil.example"}
    answer = closed.send("GET", "/_mock/state", bearer(CONTROL_TOKEN), headers=headers)
    problem(answer, 403, "origin-not-allowed")


@pytest.mark.parametrize("style", ["json", "text"])
def test_off_loopback_a_control_token_is_made_and_printed(
    start_server: StartServer, style: str
) -> None:
    server = start_server("--host", "0.0.0.0", "--log-format", style)  # noqa: S104 - what is shown here
    problem(server.send("GET", "/_mock/state"), 401)
    if style == "json":
        token = json.loads(server.ready)["control_token"]
    else:
        token = server.ready.partition("control token: ")[2].split()[0]
    assert len(token) >= 32
    assert server.send("GET", "/_mock/state", bearer(token)).status_code == 200
    assert call(server, OPERATIONS[0], JOHN).status_code == 200
