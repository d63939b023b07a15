"""The exchanges of the source text, replayed as printed; what the errata name is mended."""

from __future__ import annotations

import json
from inspect import cleandoc

import pytest

from tests.support import MockServer, Reply

GET_USER = """
    GET /api/v1.1/users/janedoe/ HTTP/1.1
    Host: www.docker.io
    Accept: application/json
    Authorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=
"""
USER = """
    HTTP/1.1 200 OK
    Content-Type: application/json

    {
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
    "is_active": true
    }
"""
UPDATE_USER = """
    PATCH /api/v1.1/users/janedoe/ HTTP/1.1
    Host: www.docker.io
    Accept: application/json
    Authorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=

    {
    "location": "Private Island",
    "profile_url": "http://janedoe.com/",
    "company": "Retired"
    }
"""
UPDATED_USER = """
    HTTP/1.1 200 OK
    Content-Type: application/json

    {
    "id": 2,
    "username": "janedoe",
    "url": "https://www.docker.io/api/v1.1/users/janedoe/",
    "date_joined": "2014-02-12T17:58:01.431312Z",
    "type": "User",
    "full_name": "Jane Doe",
    "location": "Private Island",
    "company": "Retired",
    "profile_url": "http://janedoe.com/",
    "gravatar_url": "https://secure.gravatar.com/avatar/0212b397124be4acd4e7dea9aa357.jpg?s=80&r=g&d=mm",
    "email": "jane.doe@example.com",
    "is_active": true
    }
"""
LIST_EMAILS = """
    GET /api/v1.1/users/janedoe/emails/ HTTP/1.1
    Host: www.docker.io
    Accept: application/json
    Authorization: Bearer zAy0BxC1wDv2EuF3tGs4HrI6qJp6KoL7nM
"""
LISTED_EMAILS = """
    HTTP/1.1 200 OK
    Content-Type: application/json

    [
    {
    "email": "jane.doe@example.com",
    "verified": true,
    "primary": true
    }
    ]
"""
ADD_EMAIL = """
    POST /api/v1.1/users/janedoe/emails/ HTTP/1.1
    Host: www.docker.io
    Accept: application/json
    Content-Type: application/json
    Authorization: Bearer zAy0BxC1wDv2EuF3tGs4HrI6qJp6KoL7nM

    {
    "email": "jane.doe+other@example.com"
    }
"""
ADDED_EMAIL = """
    HTTP/1.1 201 Created
    Content-Type: application/json

    {
    "email": "jane.doe+other@example.com",
    "verified": false,
    "primary": false
    }
"""
UPDATE_EMAIL = """
    PATCH /api/v1.1/users/janedoe/emails/ HTTP/1.1
    Host: www.docker.io
    Accept: application/json
    Authorization: Basic dXNlcm5hbWU6cGFzc3dvcmQ=

    {
    "email": "jane.doe+other@example.com",
    "verified": true
    }
"""
UPDATED_EMAIL = """
    HTTP/1.1 200 OK
    Content-Type: application/json

    {
    "email": "jane.doe+other@example.com",
    "verified": true,
    "primary": false
    }
"""
DELETE_EMAIL = """
    DELETE /api/v1.1/users/janedoe/emails/ HTTP/1.1
    Host: www.docker.io
    Accept: application/json
    Content-Type: application/json
    Authorization: Bearer zAy0BxC1wDv2EuF3tGs4HrI6qJp6KoL7nM

    {
    "email": "jane.doe+other@example.com"
    }
"""
DELETED_EMAIL = """
    HTTP/1.1 204 NO CONTENT
    Content-Length: 0
"""

EXCHANGES = {
    "get_user": (GET_USER, USER),
    "update_user": (UPDATE_USER, UPDATED_USER),
    "list_emails": (LIST_EMAILS, LISTED_EMAILS),
    "add_email": (ADD_EMAIL, ADDED_EMAIL),
    "update_email": (UPDATE_EMAIL, UPDATED_EMAIL),
    "delete_email": (DELETE_EMAIL, DELETED_EMAIL),
}


def replay(server: MockServer, printed: str) -> Reply:
    head, _, body = cleandoc(printed).partition("\n\n")
    if body:
        head += f"\nContent-Length: {len(body)}"
    return server.raw("\r\n".join([*head.splitlines(), "", body]).encode("ascii"))


def assert_as_printed(reply: Reply, printed: str) -> None:
    head, _, body = cleandoc(printed).partition("\n\n")
    assert reply.status == int(head.split()[1])
    if body:
        assert reply.headers["Content-Type"] == "application/json"
        # As text: the members also stand in the printed order.
        assert json.dumps(reply.json(), indent=1) == json.dumps(json.loads(body), indent=1)
    else:
        assert reply.body == b""


@pytest.mark.parametrize("name", ["get_user", "update_user", "list_emails", "add_email"])
def test_a_documented_request_gets_the_documented_answer(server: MockServer, name: str) -> None:
    request, answer = EXCHANGES[name]
    assert_as_printed(replay(server, request), answer)


@pytest.mark.parametrize("name", ["update_email", "delete_email"])
def test_a_documented_request_on_the_documented_new_address_gets_the_documented_answer(
    server: MockServer, name: str
) -> None:
    replay(server, ADD_EMAIL)
    request, answer = EXCHANGES[name]
    assert_as_printed(replay(server, request), answer)


def test_all_documented_requests_in_a_row_get_the_documented_answers(server: MockServer) -> None:
    for request, answer in EXCHANGES.values():
        assert_as_printed(replay(server, request), answer)
    assert_as_printed(replay(server, GET_USER), UPDATED_USER)
    assert_as_printed(replay(server, LIST_EMAILS), LISTED_EMAILS)


def test_the_204_of_a_deletion_has_no_body_and_no_content_type(server: MockServer) -> None:
    replay(server, ADD_EMAIL)
    reply = replay(server, DELETE_EMAIL)
    assert reply.body == b""
    assert "Content-Type" not in reply.headers
