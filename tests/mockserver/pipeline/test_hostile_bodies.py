"""Bodies that nobody would send in earnest: refused as what they are, and at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.pipeline.credentials import BasicCredentials, parse_authorization
from tests.mockserver.attacks import CLOSE, request
from tests.support import FORM, JANES_EMAILS, JSON, MockServer, Reply, basic, problem

pytestmark = pytest.mark.usefixtures("no_harm")

MULTIPART = "multipart/form-data; boundary=X"


def send(server: MockServer, method: str, media_type: str, body: bytes) -> Reply:
    field = f"Content-Type: {media_type}".encode("latin-1")
    return server.raw(request(method, JANES_EMAILS, CLOSE, field, body=body))


json_like = st.text('{}[]":,\\u08def\n \ufeff\0truefalsn0123456789.eE+-', max_size=60)
form_like = st.text("email=verifdpmy&%+;2BF0\ud83e\udd8a", max_size=60)
multipart_like = st.lists(
    st.sampled_from(
        [
            *(b"--X", b"--X--", b"\r\n", b"\n", b"--", b"X", b'name="email"', b"name*=utf-8''%FF"),
            *(b"Content-Disposition: form-data; ", b"a@b.cd", b"\0", b"\xff", b":", b'"', b";"),
        ]
    ),
    max_size=15,
)


@given(
    st.sampled_from(["POST", "PATCH", "DELETE"]),
    st.sampled_from(
        [JSON, FORM, MULTIPART, f"{JSON}; charset=utf-8"]
        + [f"multipart/form-data{end}" for end in ("", "; boundary=\xff", "; boundary=-")]
    ),
    st.one_of(
        st.binary(max_size=100),
        st.one_of(json_like, form_like).map(lambda text: text.encode("utf-8", "surrogatepass")),
        multipart_like.map(b"".join),
    ),
)
def test_bodies_that_are_nearly_right(
    server_process: MockServer, method: str, media_type: str, body: bytes
) -> None:
    answer = send(server_process, method, media_type, body)
    assert answer.status in (200, 201, 204, 400, 404)


def test_exotic_addresses_are_stored_as_they_are(server: MockServer) -> None:
    for address in ("a\u0000@b.cd", "\N{FOX FACE}@b.cd", "\u202e@\u2066", "\"\\@'", "ß@ẞ"):
        answer = server.send("POST", JANES_EMAILS, "Bearer janedoe-all", json={"email": address})
        assert answer.status_code == 201
        assert answer.json()["email"] == address


def test_a_state_that_could_not_be_written_back_is_refused(server: MockServer) -> None:
    for year in ("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59.999999-01:00"):
        state = server.state()
        state["tokens"][0]["expires_at"] = year
        problem(server.send("PUT", "/_mock/state", json=state), 400, "body-invalid")
    state = server.state()
    state["accounts"][0]["id"] = 2**64 - 1
    del state["accounts"][1]["id"]
    problem(server.send("PUT", "/_mock/state", json=state), 400, "body-invalid")


def test_what_is_too_long_for_a_password_is_not_brought_into_normal_form() -> None:
    accents = "\u0316\u0301" * 10_000  # a second's work
    credentials = parse_authorization(basic("janedoe", accents).encode())
    assert isinstance(credentials, BasicCredentials)
    assert credentials.readings[0] == ("janedoe", accents)
