"""The exchanges of the source text, replayed as printed; what the errata name is mended."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from tests.support import CONTRACT, JANES, JANES_EMAILS, MockServer, basic, bearer, operations_of

BASIC = basic("username", "password")
BEARER = bearer("zAy0BxC1wDv2EuF3tGs4HrI6qJp6KoL7nM")
OTHER = "jane.doe+other@example.com"

USER = {
    "id": 2,
    "username": "janedoe",
    "url": "https://www.docker.io/api/v1.1/users/janedoe/",
    "date_joined": "2014-02-12T17:58:01.431312Z",
    "type": "User",
    "full_name": "Jane Doe",
    "location": "San Francisco, CA",
    "company": "Success, Inc.",
    "profile_url": "https://docker.io/",
    "gravatar_url": "https://secure.gravatar.com/avatar/0212b397124be4acd4e7dea9aa357.jpg?s=80&r=g&d=mm",
    "email": "jane.doe@example.com",
    "is_active": True,
}
CHANGE = {
    "location": "Private Island",
    "profile_url": "http://janedoe.com/",
    "company": "Retired",
}
EMAILS = [{"email": "jane.doe@example.com", "verified": True, "primary": True}]
ADDED = {"email": OTHER, "verified": False, "primary": False}
TO_VERIFY = {"email": OTHER, "verified": True}


class Exchange(NamedTuple):
    """A request as it is printed, and the answer."""

    method: str
    path: str
    login: str
    body: Any
    status: int
    answer: Any


GET_USER = Exchange("GET", JANES, BASIC, None, 200, USER)
LIST_EMAILS = Exchange("GET", JANES_EMAILS, BEARER, None, 200, EMAILS)
ADD_EMAIL = Exchange("POST", JANES_EMAILS, BEARER, {"email": OTHER}, 201, ADDED)
EXCHANGES = {
    "get_user": GET_USER,
    "update_user": Exchange("PATCH", JANES, BASIC, CHANGE, 200, {**USER, **CHANGE}),
    "list_emails": LIST_EMAILS,
    "add_email": ADD_EMAIL,
    "update_email": Exchange(
        "PATCH", JANES_EMAILS, BASIC, TO_VERIFY, 200, {**ADDED, "verified": True}
    ),
    "delete_email": Exchange("DELETE", JANES_EMAILS, BEARER, {"email": OTHER}, 204, None),
}


def replay(server: MockServer, exchange: Exchange) -> None:
    """Send a request as it is printed, without a media type at times, and compare the answer."""
    body = None if exchange.body is None else json.dumps(exchange.body, indent=0)
    headers = {"Host": "www.docker.io", "Accept": "application/json"}
    answer = server.send(
        exchange.method, exchange.path, exchange.login, headers=headers, content=body
    )
    assert answer.status_code == exchange.status
    if exchange.answer is None:
        assert answer.content == b""
        assert "content-type" not in answer.headers
    else:
        assert answer.headers["content-type"] == "application/json"
        # As text: the members also stand in the printed order.
        assert json.dumps(answer.json()) == json.dumps(exchange.answer)


def test_the_contract_shows_the_documented_exchanges() -> None:
    shown = CONTRACT["components"]["examples"]
    for name, raw in operations_of(CONTRACT).items():
        exchange = EXCHANGES[name]
        parts = [(raw.get("requestBody", {}), exchange.body)]
        parts.append((raw["responses"][str(exchange.status)], exchange.answer))
        for part, printed in parts:
            for media in part.get("content", {}).values():
                for one in media["examples"]:
                    assert shown[one]["value"] == printed, one


def test_all_documented_requests_in_a_row_get_the_documented_answers(server: MockServer) -> None:
    for exchange in EXCHANGES.values():
        replay(server, exchange)
    replay(server, GET_USER._replace(answer={**USER, **CHANGE}))
    replay(server, LIST_EMAILS)
