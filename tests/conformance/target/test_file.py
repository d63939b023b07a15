"""The target file: its errors have their place and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from accounts_contract import DocumentError
from conformance.catalogue.requirements import packaged_contract
from conformance.target.credentials import password_of
from conformance.target.file import read_target
from conformance.target.target import RateLimit, Target
from conformance.target.template import TEMPLATE
from tests.conformance.support import conformance

ACCOUNTS = """\
accounts:
  owner:
    username: o
    password: p
  other: {username: t, password: q}
"""


def _read(folder: Path, text: str, **environ: str) -> Target:
    path = folder / "target.yaml"
    path.write_text(text, encoding="utf-8")
    return read_target(path, packaged_contract().scopes, environ=environ)


def _problems(folder: Path, text: str, **environ: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        _read(folder, text, **environ)
    return [str(finding) for finding in caught.value.findings]


def test_the_template_is_a_good_target_file(tmp_path: Path) -> None:
    names = {line.split("${")[1].split("}")[0] for line in TEMPLATE.splitlines() if "${" in line}
    target = _read(tmp_path, TEMPLATE, **dict.fromkeys(names, "a-secret-value"))
    assert target.owner.username == "mallory"
    assert len(target.owner.tokens) == 6


def test_a_missing_variable_is_named_with_its_place(tmp_path: Path) -> None:
    text = "base_url: https://x.example\n" + ACCOUNTS.replace(": p\n", ": ${SECRET}\n")
    (problem,) = _problems(tmp_path, text)
    assert "target.yaml:5:" in problem
    assert "export SECRET=" in problem


def test_a_variable_within_braces_needs_quotes(tmp_path: Path) -> None:
    text = "base_url: https://x.example\naccounts: {owner: {username: o, password: ${SECRET}}}\n"
    (problem,) = _problems(tmp_path, text, SECRET="a-secret")
    assert 'write "${NAME}"' in problem


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = "base_uri: https://x.example\ntimeout: soon\nrate_limit: lots\n" + ACCOUNTS
    problems = _problems(tmp_path, text)
    assert any("did you mean base_url?" in one for one in problems)
    assert any(":2:" in one and "seconds" in one for one in problems)
    assert any(":3:" in one and "100/m" in one for one in problems)


@pytest.mark.parametrize(
    "url", ["ftp://x.example", "https://", "https://u:p@x.example", "https://x.example?a=b", "x"]
)
def test_a_base_url_that_cannot_be_used_is_refused(tmp_path: Path, url: str) -> None:
    (problem,) = _problems(tmp_path, f"base_url: {url}\n{ACCOUNTS}")
    assert ":1:1: " in problem


def test_a_scope_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    text = "base_url: https://x.example\naccounts: {owner: {username: o, tokens: {admin: t}}}\n"
    (problem,) = _problems(tmp_path, text)
    assert "'admin' is no scope" in problem


def test_what_the_environment_asks_for_is_read(tmp_path: Path) -> None:
    text = "consistency: 500ms\nwrong_logins: 2\nconnections: 32\nemail_domain: mail.example.org\n"
    text += "rate_limit: 40/s\n"
    accounts = ACCOUNTS.replace(": p\n", ": p\n    disposable: true\n")
    target = _read(tmp_path, f"base_url: https://x.example\n{text}{accounts}")
    assert (target.consistency, target.wrong_logins, target.connections) == (0.5, 2, 32)
    assert (target.email_domain, target.rate_limit) == ("mail.example.org", RateLimit(40, 1))
    assert [account.disposable for account in target.accounts] == [True, False]

    target = _read(tmp_path, f"base_url: https://x.example\n{ACCOUNTS}")
    assert (target.consistency, target.wrong_logins, target.connections) == (0, 4, 8)
    assert target.email_domain == "example.com"


@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ("consistency: soon", "2s, 500ms"),
        ("consistency: 3600", "at most 60s"),
        ("wrong_logins: 0", "from 1 to 1000"),
        ("connections: 33", "from 1 to 32"),
        ("connections: true", "from 1 to 32"),
        ("email_domain: mail@example.com", "such as staging.example.com"),
        ("email_domain: mail.local", "such as staging.example.com"),
        ("email_domain: a.very.long.domain.that.leaves.no.room.example", "30 characters"),
        ("tls: {client_cert: none.pem}", "there is no file"),
        ("tls: {client_key: target.yaml}", "client_cert"),
        ("tls: {client_cert: target.yaml}", "no certificate with its key (PEM)"),
        ("tls: {ca_bundle: target.yaml}", "holds no certificates (PEM)"),
        ('headers: {X-Team: "accounts\\n"}', "ends in a line break"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_place(
    tmp_path: Path, line: str, fix: str
) -> None:
    (problem,) = _problems(tmp_path, f"base_url: https://x.example\n{line}\n{ACCOUNTS}")
    assert "target.yaml:2:" in problem
    assert fix in problem


def test_a_key_that_is_encrypted_is_no_question_to_the_terminal(tmp_path: Path) -> None:
    certificate = trustme.CA().issue_cert("x.example")
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"sesame"),
        )
    )
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    tls = "tls: {client_cert: cert.pem, client_key: key.pem}"
    (problem,) = _problems(tmp_path, f"base_url: https://x.example\n{tls}\n{ACCOUNTS}")
    assert "the key is encrypted; decrypt it first" in problem


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "key", ["password: ${SECRET}", 'tokens: {"": "${SECRET}"}', "expired_token: ${SECRET}"]
)
def test_a_secret_that_ends_in_a_line_break_is_told(tmp_path: Path, key: str, end: str) -> None:
    text = "base_url: https://x.example\n" + ACCOUNTS.replace("password: p\n", f"{key}\n")
    (problem,) = _problems(tmp_path, text, SECRET=f"c4n4ry{end}")
    assert "target.yaml:5:" in problem
    assert "ends in a line break" in problem
    assert "c4n4ry" not in problem


def test_a_name_that_no_basic_login_can_carry_is_refused(tmp_path: Path) -> None:
    text = "base_url: https://x.example\n" + ACCOUNTS.replace(": o\n", ': "o:p"\n')
    (problem,) = _problems(tmp_path, text)
    assert "target.yaml:4:" in problem
    assert "RFC 7617" in problem


@pytest.mark.parametrize(
    ("password", "hint"),
    [("a:b", "colon"), ("pässword", "UTF-8"), (" a", "white space"), ("plain", "")],
)
def test_a_password_that_a_server_may_misread_has_a_hint(
    tmp_path: Path, password: str, hint: str
) -> None:
    text = "base_url: https://x.example\n" + ACCOUNTS.replace(": p\n", f': "{password}"\n')
    login = password_of(_read(tmp_path, text).owner)
    assert login is not None
    assert hint in login.hint
    assert bool(hint) == bool(login.hint)


def test_a_target_does_not_show_its_secrets(tmp_path: Path) -> None:
    text = f"base_url: https://x.example\n{ACCOUNTS}".replace(": p\n", ": ${PASSWORD}\n")
    assert "päss" not in repr(_read(tmp_path, text, PASSWORD="päss wörd/42"))


def test_no_file_and_no_yaml_are_told_without_a_traceback(tmp_path: Path) -> None:
    missing = conformance("run", tmp_path / "nothing.yaml")
    assert missing.code == 2
    assert "nothing.yaml" in missing.err
    assert "Traceback" not in missing.err
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [", encoding="utf-8")
    done = conformance("run", broken)
    assert done.code == 2
    assert "broken.yaml:" in done.err
