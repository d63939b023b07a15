"""Requests that are sent from the console: by the fields of the contract, of one's own, and again."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from tests.browser.console_page import Console
from tests.support import (
    FORM,
    JANE,
    JANES,
    JANES_EMAILS,
    JSON,
    OPERATIONS,
    SCOPES,
    Json,
    MockServer,
    basic,
    bearer,
)

NEW = "jane@work.example.com"


def choose(console: Console, operation: str, login: str, **fields: str) -> None:
    console.tab("Send")
    console["#send-operation"].select_option(operation)
    console["#send-login"].select_option(label=login)
    for name, value in fields.items():
        field = console[f"#send-fields [name={name}]"]
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def answered(console: Console, status: int) -> Json:
    """Wait for the answer, in place of one that was there before; return its body."""
    expect(console["#send-answer:not([aria-busy])"]).to_have_count(1)
    expect(console["#send-answer .status"]).to_contain_text(str(status))
    body = console["#send-answer pre"]
    return dict(json.loads(body.inner_text())) if body.count() else {}


def last(server: MockServer) -> Json:
    return dict(server.send("GET", "/_mock/requests").json()[-1])


def test_an_operation_is_sent_with_a_login_of_the_world_and_the_fields_of_the_contract(
    console: Console, server: MockServer
) -> None:
    choose(console, "add_email", "janedoe-email_write (email_write)", email=NEW)
    expect(console["#send-scope"]).to_have_text(f"{OPERATIONS[3].template}, scope email_write")
    console.press("Send")
    assert answered(console, 201) == {"email": NEW, "verified": False, "primary": False}

    choose(console, "update_email", "janedoe:janedoe-password", email=NEW, verified="true")
    console.press("Send")
    assert answered(console, 200)["verified"] is True
    assert last(server)["request"]["body"] == f'{{"email":"{NEW}","verified":true}}'
    expect(console.row("update_email")).to_have_count(1)

    # The account in the path follows the login, until one is written.
    choose(console, "get_user", "johndoe:johndoe-password")
    console.press("Send")
    assert answered(console, 200)["username"] == "johndoe"
    console["#send-parameters [name=username]"].fill("janedoe")
    console.press("Send")
    assert answered(console, 403)["code"] == "not-the-owner"
    told = "not-the-owner you are logged in as johndoe"
    expect(console["#send-answer .why"]).to_contain_text(told)


def test_the_token_flow_is_offered_without_a_login_of_a_user(console: Console) -> None:
    console.tab("Send")
    before = console["#send-login"].input_value()
    console["#send-operation"].select_option("request_token")
    assert console["#send-login"].input_value() == ""
    fields = {"grant_type": "refresh_token", "refresh_token": "janedoe-refresh"}
    for name, value in {**fields, "client_id": "TestPublicClientID"}.items():
        console[f"#send-fields [name={name}]"].fill(value)
    console.press("Send")
    assert answered(console, 200)["username"] == "janedoe"
    console["#send-operation"].select_option("get_user")
    assert console["#send-login"].input_value() == before


def test_all_operations_and_logins_are_offered(console: Console, server: MockServer) -> None:
    console.tab("Send")
    offered = console["#send-operation option"].all_inner_texts()
    flow = ["authorize (GET)", "decide (POST)", "request_token (POST)", "revoke (POST)"]
    accounts = [f"{one.id} ({one.method})" for one in OPERATIONS]
    assert offered == [*accounts, *flow, "another request …"]
    logins = console["#send-login option"].all_inner_texts()
    fixtures = ["janedoe:janedoe-password", "username:password", "johndoe:johndoe-password"]
    assert logins[:3] == fixtures
    assert f"johndoe-all ({' '.join(SCOPES)})" in logins
    assert "janedoe-revoked (revoked)" in logins
    console["#send-login"].select_option(label="janedoe-all (" + " ".join(SCOPES) + ")")
    token = server.mint("johndoe", [])
    console.page.evaluate("dispatchEvent(new Event('focus'))")
    expect(console["#send-login"]).to_contain_text(f"{token} (no scopes)")
    assert console["#send-login"].input_value() == "Bearer janedoe-all"


def test_a_body_is_sent_as_a_form(console: Console, server: MockServer) -> None:
    ways = {"URL-encoded form": FORM, "multipart form": "multipart/form-data; boundary="}
    for number, (way, content_type) in enumerate(ways.items()):
        address = f"jane+{number}@example.com"
        choose(console, "add_email", "janedoe:janedoe-password", email=address)
        console["#send-as"].select_option(label=way)
        console.press("Send")

        expect(console["#send-answer pre"]).to_contain_text(address)
        assert last(server)["request"]["headers"]["content-type"].startswith(content_type)


def test_a_body_is_written_out_and_header_fields_added(
    console: Console, server: MockServer
) -> None:
    choose(console, "update_user", "janedoe:janedoe-password", location="here")
    console["#send-as"].select_option(label="text, as written")
    expect(console["#send-text"]).to_have_value('{\n  "location": "here"\n}')
    console["#send-text"].fill('{"location": ')
    console["#send-headers"].fill("no field")
    console.press("Send")
    console.says("send", "More header fields: “no field” is no “Name: value”.")
    console["#send-headers"].fill(f"Content-Type: {JSON}\nX-Team: ours")
    console.press("Send")

    assert answered(console, 400)["code"] == "body-malformed"
    assert last(server)["request"]["headers"]["x-team"] == "ours"


def test_another_request_and_another_login_are_sent(console: Console, server: MockServer) -> None:
    choose(console, "", "another Authorization …")
    console["#send-authorization"].fill("Bearer nobody-has-it")
    console["#send-method"].fill("HEAD")
    console["#send-target"].fill("api")
    console.press("Send")
    console.says("send", "Path and query: begin with a slash.")
    console["#send-target"].fill(f"{JANES}?a=b")
    console.press("Send")

    assert answered(console, 401) == {}
    assert last(server)["code"] == "token-unknown"
    assert (last(server)["method"], last(server)["query"]) == ("HEAD", "a=b")


def test_a_connection_that_breaks_is_an_answer_too(console: Console) -> None:
    choose(console, "get_user", "janedoe:janedoe-password")
    wishes = {"fault=reset": "No answer", "fault=truncate": "broke off", "code=302": "A redirect"}
    for wish, told in wishes.items():
        console["#send-headers"].fill(f"Prefer: {wish}")
        console.press("Send")
        expect(console["#send-answer"]).to_contain_text(told)


AGAIN: list[tuple[str, str, str | None, Json | None]] = [
    ("GET", JANES, JANE, None),
    ("GET", JANES, bearer("janedoe-expired"), None),
    ("GET", f"{JANES}?page=2", None, None),
    ("GET", "/api/v1.1/users/nobody%20here/", bearer("johndoe-all"), None),
    ("POST", JANES_EMAILS, bearer("janedoe-email_read"), {"email": NEW}),
    ("PATCH", JANES_EMAILS, JANE, {"email": "jane.doe@example.com", "verified": True}),
    ("PATCH", JANES, bearer("janedoe-profile_write"), {"full_name": 3, "x": None}),
    ("DELETE", JANES_EMAILS, JANE, {"email": "jane.doe@example.com"}),
    ("PUT", "/nowhere", None, {}),
]
SAME = ("method", "path", "query", "operation", "username", "scheme", "status", "code", "why")


def test_a_request_is_sent_again_with_a_login_like_its_own(
    console: Console, server: MockServer
) -> None:
    for method, path, login, body in AGAIN:
        server.send(method, path, login, json=body)
        expect(console["#list > li"]).to_have_count(1)
        console.open_row(method).get_by_role("button", name="Send this request again").click()
        expect(console["#list > li"]).to_have_count(2)

        first, second = server.send("GET", "/_mock/requests").json()
        assert [second[name] for name in SAME] == [first[name] for name in SAME]
        bodies = [json.loads(one["request"]["body"] or "0") for one in (first, second)]
        assert bodies[0] == bodies[1]
        expect(console["#send-answer .status"]).to_contain_text(str(first["status"]))
        console.press("Clear")
        expect(console["#list > li"]).to_have_count(0)


def test_a_request_whose_login_the_journal_does_not_tell_asks_for_one(
    console: Console, server: MockServer
) -> None:
    server.send("GET", JANES, basic("janedoe", "wrong"))
    console.open_row("GET").get_by_role("button", name="Send this request again").click()

    console.says("send", "The journal does not keep its login: choose one, and send.")
    expect(console["#list > li"]).to_have_count(1)
    console["#send-login"].select_option(label="janedoe:janedoe-password")
    console.press("Send")
    assert answered(console, 200)["username"] == "janedoe"
