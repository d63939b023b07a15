"""The curl line of an exchange, given to a shell: it sends again what was sent."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from conformance.catalogue.requirements import packaged_contract
from conformance.target.credentials import Credentials, logins_of, malformed, stale_token, wrong
from conformance.target.file import read_target
from conformance.target.target import Target
from conformance.target.template import TEMPLATE
from conformance.wire.client import Body, Call, Client
from conformance.wire.transport import ReceivedResponse, SentRequest

SECRETS = {
    "OWNER_PASSWORD": "päss \"w$rd' `42`\\",
    "OWNER_ALL": "t0ken-OF-all.Scopes_~",
    "OTHER_PASSWORD": "another:one",
    "TEAM_KEY": "team-secret",
}
FIELDS = """\
headers: {X-Team: "${TEAM_KEY}", X-Plain-Text: "not from a variable"}
"""


class Nowhere:
    """A transport that answers nothing of interest."""

    def send(self, _request: SentRequest) -> ReceivedResponse:
        return ReceivedResponse(204, (), b"")

    def close(self) -> None:
        """Nothing is open."""


def target_in(folder: Path) -> tuple[Target, Mapping[str, str]]:
    """The template as a target file, and its environment."""
    text = TEMPLATE.replace("    # expired_token", "    expired_token") + FIELDS
    text = text.replace("username: mallory", "username: 'm\"all$ory'")
    names = {line.split("${")[1].split("}")[0] for line in text.splitlines() if "${" in line}
    environment = {name: SECRETS.get(name, f"secret-{name}") for name in names} | SECRETS
    path = folder / "target.yaml"
    path.write_text(text, encoding="utf-8")
    return read_target(path, packaged_contract().scopes, environ=environment), environment


def words(line: str, folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The words that a shell hands to curl."""
    script = f"curl() {{ printf '%s\\0' \"$@\"; }}\n{line}\n"
    known = {**environment, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=known, capture_output=True, check=True
    )
    assert done.stderr == b""
    return iter(done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1])


def authorization(given: Iterator[str]) -> str | None:
    """The field that curl makes of its arguments."""
    for word in given:
        if word == "-u":
            return f"Basic {base64.b64encode(next(given).encode()).decode()}"
        if word == "-H" and (field := next(given)).startswith("Authorization"):
            return field.removeprefix("Authorization").removeprefix(":").strip(" ;")
    return None


def all_credentials(target: Target) -> Iterator[Credentials]:
    for account in target.accounts:
        yield from logins_of(account)
    stale = stale_token(target.owner, "expired", target.redact)
    assert stale is not None
    yield stale
    yield from malformed(target)
    yield from wrong(target, "conformance012345")


def test_each_login_is_sent_again_from_the_variables_of_the_target_file(tmp_path: Path) -> None:
    target, environment = target_in(tmp_path)
    client = Client(target, Nowhere())
    found = list(all_credentials(target))
    assert len(found) > 50
    for credentials in found:
        line = client.send("GET", "/a", credentials).curl()
        assert authorization(words(line, tmp_path, environment)) == credentials.authorization, line
        assert not [secret for secret in environment.values() if secret in line], line


def test_a_secret_is_named_as_the_target_file_names_it_or_alike(tmp_path: Path) -> None:
    target, _ = target_in(tmp_path)
    client = Client(target, Nowhere())
    line = client.send("GET", "/a", next(logins_of(target.owner))).curl()
    assert "${OWNER_PASSWORD}" in line
    assert '-H "X-Team: ${TEAM_KEY}"' in line
    assert '-H "X-Plain-Text: ${X_PLAIN_TEXT}"' in line
    names = [
        target.owner.variable(frozenset(scopes.split()))
        for scopes in ("", "email_write", "email_read email_write")
    ]
    assert names == ["OWNER_NONE", "OWNER_EMAIL_WRITE", "OWNER_EMAIL_READ_EMAIL_WRITE"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"email": "it\'s"}',
        b"@file",
        b"\xff\x01\\'\n",
        "{'名': 1}".encode(),
        b"a\0b",
        b"x" * 2001,
    ],
)
def test_a_body_is_sent_again_byte_for_byte(content: bytes, tmp_path: Path) -> None:
    target, environment = target_in(tmp_path)
    exchange = Client(target, Nowhere()).exchange(Call("POST", "/../a", body=Body(content)))

    line, name, file = exchange.command()

    given = list(words(line, tmp_path, environment))
    assert "--path-as-is" in given
    body = given[given.index("--data-binary") + 1]
    if name:
        assert name.startswith("body-")
        assert name.endswith(".bin")
        assert (body, file) == (f"@{name}", content)
    else:
        assert (body.encode("utf-8", "surrogateescape"), file) == (content, b"")
    assert bool(name) == (len(content) > 2000 or b"\0" in content)
