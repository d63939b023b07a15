"""Secrets are hidden by their names, wherever a request is shown; and the control token, wherever it stands."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.mockserver.steering import CONTROL_TOKEN
from tests.support import FORM, JOHN, JOHNS, JSON, MockServer, bearer, client_of, problem

SECRET = "kAnaRi"  # letters that stand nowhere else
HIDDEN = "***"


def shown(sandbox: Sandboxed) -> str:
    """All that is told of the requests so far, which must not hold the secret."""
    texts = [sandbox.send("GET", f"/_mock/{path}").text for path in ("requests", "requests.har")]
    wanted = {"requests": [{"method": "PATCH", "body": {"password": 1, "location": 1}, "times": 9}]}
    texts.append(sandbox.send("POST", "/_mock/requests/verify", json=wanted).text)
    for text in texts:
        assert SECRET not in text
    return "\n".join(texts)


def send_body(sandbox: Sandboxed, body: str, media_type: str = JSON) -> str:
    """Send a body; gives it as the journal shows it."""
    headers = {"Content-Type": media_type}
    sandbox.send("PATCH", JOHNS, JOHN, headers=headers, content=body.encode())
    shown(sandbox)
    return str(sandbox.last()["request"]["body"])


def test_header_fields_with_the_name_of_a_secret_are_hidden(sandbox: Sandboxed) -> None:
    names = ["X-Access-Token", "x-csrftoken", "X-Client-Secret", "X-Password", "X-Api-Key"]
    names += ["ApiKey", "X-Session-Id", "X-Auth", "Proxy-Authorization", "Cookie"]
    sandbox.send("GET", JOHNS, JOHN, headers=dict.fromkeys(names, SECRET))

    shown(sandbox)
    found = sandbox.last()["request"]["headers"]
    assert {name: found[name.lower()] for name in names} == dict.fromkeys(names, HIDDEN)


def test_other_header_fields_are_shown(sandbox: Sandboxed) -> None:
    sandbox.send("GET", JOHNS, "Bearer wrong", headers={"X-Author": "mine", "X-Key": "c-sharp"})

    entry = sandbox.last()
    assert entry["request"]["headers"]["x-author"] == "mine"
    assert entry["request"]["headers"]["x-key"] == "c-sharp"
    assert entry["request"]["headers"]["authorization"] == "Bearer ***"
    assert "realm=" in entry["response"]["headers"]["www-authenticate"]


@pytest.mark.parametrize(
    "name",
    ["password", "old_passwd", "clientSecret", "ACCESS_TOKEN", "apikey", "x-api-key", "p%61ssword"],
)
def test_a_parameter_with_the_name_of_a_secret_is_hidden(sandbox: Sandboxed, name: str) -> None:
    text = f"a=1&{name}={SECRET}&{name}={quote(SECRET)}%26=&b=2&token"
    expected = f"a=1&{name}=***&{name}=***&b=2&token"

    sandbox.send("GET", f"{JOHNS}?{text}", JOHN)

    shown(sandbox)
    assert sandbox.last()["query"] == expected
    archived = sandbox.control("GET", "requests.har")["log"]["entries"][-1]["request"]
    assert archived["url"].endswith(f"?{expected}")
    assert {"name": "b", "value": "2"} in archived["queryString"]
    assert send_body(sandbox, text, FORM) == expected
    assert send_body(sandbox, text, "text/plain") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"password": "S", "location": "Berlin"}', '{"password": "***", "location": "Berlin"}'),
        ('{"a": {"newPassword" : "S"}, "t": [{"TOKEN":"S"}]}', None),
        ('{"api-key": "a\\"S\\\\", "b": "c"}', '{"api-key": "***", "b": "c"}'),
        ('{"pass\\u0077ord": "S"}', '{"pass\\u0077ord": "***"}'),
        # Cut or broken.
        ('{"password": "S', '{"password": "***'),
        ('{"password": "S\\', '{"password": "***'),
        ('{"b": "x, "password": "S", "c": 1', '{"b": "x, "password": "***", "c": 1'),
        ('{"b": ", "c": "\\", "password":\n"S"', None),
        ("{'password': 'it\\'s S', 'b': 'c'}", "{'password': '***', 'b': 'c'}"),
        # JSON in a text.
        ('{"b": "{\\"password\\": \\"S\\"}", "c": 1}', None),
    ],
)
def test_a_text_with_the_name_of_a_secret_is_hidden_in_json(
    sandbox: Sandboxed, body: str, expected: str | None
) -> None:
    body = body.replace("S", SECRET)

    found = send_body(sandbox, body)

    assert HIDDEN in found
    assert expected in (None, found)
    try:
        json.loads(body)
    except ValueError:
        return
    json.loads(found)


def test_what_has_no_such_name_is_shown(sandbox: Sandboxed) -> None:
    for body in (
        '{"password": 1, "token": null, "secret": ["a"], "location": "token"}',
        '{"location": "my password: none", "company": "token=1&secret=2"}',
        '["password", "b"]',
        "",
    ):
        assert send_body(sandbox, body) == body


@pytest.mark.parametrize("line", ["\r\n", "\n"])
def test_a_part_with_the_name_of_a_secret_is_hidden(sandbox: Sandboxed, line: str) -> None:
    disposition = "Content-Disposition: form-data; name="
    lines = ["--b", f'{disposition}"location"; filename="token"', "", "Berlin"]
    lines += ["--b", f'{disposition}"user[password]"', "Content-Type: text/plain", ""]
    lines += [SECRET, SECRET, "--b--", ""]
    found = send_body(sandbox, line.join(lines), "multipart/form-data; boundary=b")

    assert found == line.join([*lines[:8], HIDDEN, *lines[10:]])
    cut = line.join(lines[4:9])
    assert HIDDEN in send_body(sandbox, cut, "multipart/form-data; boundary=b")


def test_the_answer_is_without_such_texts_too(sandbox: Sandboxed) -> None:
    sandbox.fault(code=500, body={"session": {"access_token": SECRET}}, times=1)
    assert SECRET in sandbox.send("GET", JOHNS, JOHN).text

    shown(sandbox)
    assert json.loads(sandbox.last()["response"]["body"]) == {"session": {"access_token": HIDDEN}}


def test_a_mismatch_is_without_such_texts(sandbox: Sandboxed) -> None:
    city = {"token": SECRET, "city": "Berlin"}
    body = {"password": SECRET, "location": city}
    sandbox.send("PATCH", JOHNS, JOHN, json=body)
    expected = {"password": f"{SECRET}2", "location": "Berlin", "apikey": SECRET}

    answer = sandbox.send("POST", "/_mock/requests/verify", json={"requests": [{"body": expected}]})

    assert SECRET not in answer.text
    [mismatch] = answer.json()["mismatches"]
    assert mismatch["expected"]["body"] == {**expected, "password": HIDDEN, "apikey": HIDDEN}
    assert mismatch["nearest"][0]["differences"] == [
        {"member": "body/password", "expected": HIDDEN, "actual": HIDDEN},
        {"member": "body/location", "expected": "Berlin", "actual": {**city, "token": HIDDEN}},
        {"member": "body/apikey", "expected": HIDDEN, "missing": True},
    ]
    # They are compared as they were sent.
    assert sandbox.verify({"body": {"password": SECRET}, "times": 1}) == []


def test_an_event_is_without_such_texts(sandbox: Sandboxed) -> None:
    path, body = f"{JOHNS}?token={SECRET}", {"token": SECRET}
    with sandbox.server.client.stream("GET", f"{sandbox.prefix}/_mock/events") as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": watching"
        with client_of(sandbox.server.url + sandbox.prefix) as client:
            fields = {"X-Api-Key": SECRET, "Authorization": JOHN}
            client.patch(path, headers=fields, json=body)
        event = next(line for line in lines if line.startswith("data: "))

    assert SECRET not in event
    assert event.count(HIDDEN) == 4


def test_a_password_that_is_a_username_too_spoils_no_other_text(sandbox: Sandboxed) -> None:
    state = sandbox.state()
    state["accounts"][1]["password"] = "johndoe"
    sandbox.control("PUT", "state", state)

    answer = sandbox.send("GET", JOHNS.removesuffix("/"), JOHN)

    problem(answer, 404, "path-unknown")
    assert answer.json()["detail"].endswith(f"{JOHNS}")
    assert sandbox.last()["path"] == JOHNS.removesuffix("/")


def test_a_password_in_a_state_that_is_refused_is_not_repeated(server: MockServer) -> None:
    for password in (12345678, ["hidden-12345678"], {"is": "hidden-12345678"}):
        account = {"username": "ada", "password": password, "emails": []}
        token = {"token": "hidden 12345678", "username": "ada", "scopes": []}
        state = {"accounts": [account], "tokens": [token]}
        with server.recording() as lines:
            answer = server.send("PUT", "/_mock/state", json=state)
        assert answer.status_code == 400
        assert "12345678" not in answer.text + "".join(lines)


def test_the_control_token_is_hidden_wherever_it_stands(closed: MockServer) -> None:
    control = bearer(CONTROL_TOKEN)
    with closed.recording() as lines:
        closed.send("PATCH", f"{JOHNS}?q={CONTROL_TOKEN}", JOHN, json={"location": CONTROL_TOKEN})
        closed.send(
            "PATCH", JOHNS, JOHN, headers={"X-Mine": CONTROL_TOKEN}, json={CONTROL_TOKEN: 1}
        )
        closed.send("GET", f"/{CONTROL_TOKEN}/", CONTROL_TOKEN)
    expected = {"requests": [{"body": {"location": 1, "company": CONTROL_TOKEN}}]}

    told = [closed.send("GET", f"/_mock/{one}", control) for one in ("requests", "requests.har")]
    told.append(closed.send("POST", "/_mock/requests/verify", control, json=expected))

    for text in (*(one.text for one in told), *lines):
        assert CONTROL_TOKEN not in text
    assert all(HIDDEN in one.text for one in told)
    assert sum(HIDDEN in line for line in lines) == 2
