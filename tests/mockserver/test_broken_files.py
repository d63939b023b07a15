"""Broken contracts and fixtures: everything that is wrong, where it stands, and exit code 2."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import CONTRACT_FILE, FIXTURES_FILE, check, run

MARK = "¦"  # stands in these texts before each place that a message should name


def planted(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A text without its marks, and the line and column of each of them."""
    places = []
    for number, line in enumerate(text.splitlines(), 1):
        pieces = line.split(MARK)[:-1]
        places += [(number, len("".join(pieces[: end + 1])) + 1) for end in range(len(pieces))]
    return text.replace(MARK, ""), places


def named_places(file: Path, output: str) -> list[tuple[int, int]]:
    """The lines and columns of a file that messages name."""
    found = re.findall(rf"^{re.escape(str(file))}:(\d+):(\d+): \S", output, re.MULTILINE)
    return [(int(line), int(column)) for line, column in found]


def assert_refused(option: str, file: Path, text: str, words: list[str]) -> None:
    """The file is refused, with the marked places and no others, and with some words."""
    text, places = planted(text)
    file.write_text(text, "utf-8")
    refused = check(option, str(file))
    assert named_places(file, refused.stderr) == places, refused.stderr
    # A line for each place, and no other.
    assert len(refused.stderr.splitlines()) == len(places)
    for word in words:
        assert word in refused.stderr
    assert (refused.returncode, refused.stdout) == (2, "")


# What to edit in the packaged contract, and what the messages must say.
CONTRACTS: dict[str, tuple[dict[str, str], list[str]]] = {
    "no YAML": ({"\npaths:": "\npaths: [\n¦:"}, ["YAML"]),
    "a tab": ({"\npaths:": "\npaths:\n¦\t"}, ["YAML"]),
    "a key twice": ({"  title: ": "  title: Twice\n  ¦title: "}, ["'title'", "line 16"]),
    "an operation twice": ({"    post:\n": "    ¦get:\n"}, ["'get'"]),
    "a reference that leads nowhere": (
        {'$ref: "#/components/schemas/EmailList"': '¦$ref: "#/components/schemas/Emails"'},
        ["#/components/schemas/Emails", "nowhere"],
    ),
    "a reference to another file": (
        {'$ref: "#/components/schemas/EmailList"': '¦$ref: "other.yaml#/EmailList"'},
        ["other.yaml", "copy"],
    ),
    "a reference to the net": (
        {'$ref: "#/components/schemas/EmailList"': '¦$ref: "https://example.com/openapi.yaml"'},
        ["https://example.com/openapi.yaml"],
    ),
    "an unknown scope": (
        {"oauth2: [email_read]": "oauth2: [¦email_reed]"},
        ["email_reed", "email_read, email_write"],
    ),
    "two unknown scopes": (
        {"oauth2: [email_read]": "oauth2: [¦reed, email_read, ¦rite]"},
        ["'reed'", "'rite'"],
    ),
    "an unknown security scheme": (
        {"- oauth2: [email_read]": "- ¦oauth3: [email_read]"},
        ["oauth3", "basic, oauth2"],
    ),
    "two schemes at once": (
        {
            "- basic: []\n        - oauth2: [email_read]": (
                "- ¦basic: []\n          oauth2: [email_read]"
            )
        },
        ["alternatives"],
    ),
    "an unknown operation": (
        {"operationId: list_emails": "¦operationId: list_mails"},
        ["list_mails", "list_emails"],
    ),
    "no operationId": (
        {"    get:\n      operationId: list_emails\n": "    ¦get:\n"},
        ["operationId"],
    ),
    "an operationId twice": (
        {"operationId: list_emails": "¦operationId: get_user"},
        ["'get_user'", "twice"],
    ),
    "an x-owner that is no parameter": (
        {"      x-owner: username": "      ¦x-owner: name"},
        ["'name'"],
    ),
    "OpenAPI 3.1": ({"openapi: 3.0.3": "¦openapi: 3.1.0"}, ["3.1.0", "3.0.3"]),
    "OpenAPI 3.0 as a number": ({"openapi: 3.0.3": "¦openapi: 3.0"}, ["3.0.3"]),
    "Swagger 2.0": ({"openapi: 3.0.3": '¦swagger: "2.0"'}, ["openapi: 3.0.3"]),
    "a pattern that cannot be compiled": (
        {"pattern: ": "¦pattern: '^['\n      x-was: "},
        ["^["],
    ),
    "a length that is no number": ({"minLength: 3": "¦minLength: three"}, ['"three"']),
    "an unknown type": ({"type: boolean": "¦type: bool"}, ['"bool"']),
    "a response without a description": (
        {'"200":\n          description: The addresses.\n': '¦"200":\n'},
        ["description", "missing"],
    ),
    "an unknown keyword": ({"      x-owner: username": "      ¦owner: username"}, ["owner"]),
    "an operation that needs a body and describes none": (
        {
            "    patch:\n      operationId: update_user": "    ¦patch:\n      operationId: update_user",
            "      requestBody:\n        description: The members": (
                "      x-body:\n        description: The members"
            ),
        },
        ["requestBody"],
    ),
    "no success": (
        {
            '      responses:\n        "200":\n          description: The addresses.': (
                '      ¦responses:\n        "400":\n          description: The addresses.'
            )
        },
        ["success"],
    ),
    "a path parameter that is not described": (
        {
            "/users/{username}/:": "/{version}/{username}/:",
            "    get:\n      operationId: get_user": "    ¦get:\n      operationId: get_user",
            "    patch:\n      operationId: update_user": "    ¦patch:\n      operationId: update_user",
        },
        ["{version}"],
    ),
}


def edited(edits: dict[str, str]) -> str:
    text = CONTRACT_FILE.read_text("utf-8")
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize(("edits", "words"), CONTRACTS.values(), ids=CONTRACTS)
def test_a_broken_contract_is_refused_with_its_places(
    tmp_path: Path, edits: dict[str, str], words: list[str]
) -> None:
    assert_refused("--contract", tmp_path / "contract.yaml", edited(edits), words)


NOT_A_CONTRACT = {
    "empty": "",
    "blank": "\n\n",
    "a scalar": "¦3",
    "a list": "¦- openapi: 3.0.3",
    "text": "¦Hello",
    "a comment": "# openapi: 3.0.3\n",
    "two documents": "openapi: 3.0.3\n---\nopenapi: 3.0.3\n",
    "an alias that contains itself": "openapi: &a [*a]\n",
    "a key that is a list": "openapi: 3.0.3\n? [a]\n: b\n",
    "an unknown tag": "openapi: !!python/object:os.system {}\n",
    "a Jinja template": "openapi: {{ version }}\n",
    "nested too deeply": "[" * 5000,
}


@pytest.mark.parametrize("text", NOT_A_CONTRACT.values(), ids=NOT_A_CONTRACT)
@pytest.mark.parametrize("option", ["--contract", "--fixtures"])
def test_a_file_that_is_neither_contract_nor_fixtures_is_refused_in_one_line(
    tmp_path: Path, option: str, text: str
) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(planted(text)[0], "utf-8")
    refused = check(option, str(file))
    [message] = refused.stderr.splitlines()
    assert named_places(file, message)
    assert refused.returncode == 2


@pytest.mark.parametrize("option", ["--contract", "--fixtures"])
def test_a_file_that_is_no_utf8_is_refused_with_the_place_of_the_first_wrong_byte(
    tmp_path: Path, option: str
) -> None:
    file = tmp_path / "file.yaml"
    file.write_bytes(b"accounts: []\nname: Zo\xeb\n")
    refused = check(option, str(file))
    assert named_places(file, refused.stderr) == [(2, 9)]
    assert "UTF-8" in refused.stderr
    assert refused.returncode == 2


@pytest.mark.parametrize("option", ["--contract", "--fixtures"])
def test_a_missing_file_is_named(tmp_path: Path, option: str) -> None:
    refused = check(option, str(tmp_path / "missing.yaml"))
    [message] = refused.stderr.splitlines()
    assert "missing.yaml" in message
    assert "No such file" in message
    assert refused.returncode == 2


@pytest.mark.parametrize("option", ["--contract", "--fixtures"])
def test_a_directory_is_no_file(tmp_path: Path, option: str) -> None:
    refused = check(option, str(tmp_path))
    [message] = refused.stderr.splitlines()
    assert str(tmp_path) in message
    assert refused.returncode == 2


FIXTURES = {
    "everything at once": (
        """
accounts:
  - username: ada
    ¦password: 12345678
    ¦nickname: A
    ¦emails:
      - {email: ada@example.com}
  - username: bob
    password: bob-password
    ¦emails:
      - {¦email: ADA@example.com, primary: true}
      - {¦email: nope, primary: true}
  - ¦username: bob
    password: bob-password
    ¦date_joined: yesterday
    emails: [{email: bob@example.com, primary: true}]
logins:
  - {¦name: "x:y", password: p, ¦username: nobody}
tokens:
  - {¦token: two words, ¦username: carl, scopes: [¦profile_reed]}
  - {token: fine, username: ada, scopes: [email_read, ¦admin], ¦expires_at: soon}
""",
        ["nickname", "profile_reed", "exactly one", "primary: true", "yesterday"],
    ),
    "no accounts": ("¦tokens: []", ["accounts", "missing"]),
    "no password": (
        "accounts:\n  - ¦username: ada\n    emails: [{email: a@b.example, primary: true}]",
        ["password", "missing"],
    ),
    "accounts by name": ("¦accounts:\n  ada: {password: p}", ["a list"]),
    "an account without addresses": (
        "accounts:\n  - username: ada\n    password: p\n    ¦emails: []",
        ["at least 1"],
    ),
    "a number twice": (
        """
accounts:
  - {id: 1, username: a, password: p, emails: [{email: a@b.example, primary: true}]}
  - {¦id: 1, username: b, password: p, emails: [{email: b@b.example, primary: true}]}
""",
        ["id"],
    ),
    "a password that looks like a number": (
        """
accounts:
  - {username: a, ¦password: 0123456, emails: [{email: a@b.example, primary: true}]}
""",
        ["text"],
    ),
    "a key twice": ("accounts: []\n¦accounts: []", ["'accounts'", "line 1"]),
    "no YAML": ("accounts: [¦}", ["YAML"]),
}


@pytest.mark.parametrize(("text", "words"), FIXTURES.values(), ids=FIXTURES)
def test_broken_fixtures_are_refused_with_all_their_places(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    assert_refused("--fixtures", tmp_path / "fixtures.yaml", text, words)


def test_a_refusal_of_fixtures_repeats_no_password_and_no_token(tmp_path: Path) -> None:
    file = tmp_path / "fixtures.yaml"
    file.write_text(
        "accounts:\n  - {username: a, password: 12345678, emails: []}\n"
        "logins:\n  - {name: b, password: [hidden-1], username: a}\n"
        "tokens:\n  - {token: hidden two words, username: a, scopes: []}\n",
        "utf-8",
    )
    refused = check("--fixtures", str(file))
    assert len(refused.stderr.splitlines()) == 4
    for secret in ("12345678", "hidden"):
        assert secret not in refused.stderr


def test_contract_and_fixtures_are_refused_together(tmp_path: Path) -> None:
    contract, fixtures = tmp_path / "contract.yaml", tmp_path / "fixtures.yaml"
    contract.write_text(edited({"openapi: 3.0.3": "openapi: 3.1.0"}), "utf-8")
    fixtures.write_text("accounts: 3\n", "utf-8")
    refused = check("--contract", str(contract), "--fixtures", str(fixtures))
    assert named_places(contract, refused.stderr)
    assert named_places(fixtures, refused.stderr)
    assert refused.returncode == 2


def test_a_refusal_is_the_same_from_a_process_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "contract.yaml"
    file.write_text(edited({"openapi: 3.0.3": "openapi: 3.1.0"}), "utf-8")
    assert run("check", "--contract", str(file)) == check("--contract", str(file))


@pytest.mark.parametrize("option", ["--contract", "--fixtures"])
def test_serve_refuses_a_broken_file_as_check_does(tmp_path: Path, option: str) -> None:
    file = tmp_path / "file.yaml"
    file.write_text("accounts: 3\n", "utf-8")
    checked = check(option, str(file))
    served = run("serve", "--port", "0", option, str(file))
    assert (served.returncode, served.stdout, served.stderr) == (2, "", checked.stderr)


@pytest.mark.parametrize(
    ("option", "file"), [("--contract", CONTRACT_FILE), ("--fixtures", FIXTURES_FILE)]
)
def test_the_packaged_files_are_good(option: str, file: Path) -> None:
    done = check(option, str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{file}: good" in done.stdout


def test_check_says_what_it_found() -> None:
    done = check()
    assert (done.returncode, done.stderr) == (0, "")
    for words in ("6 operations", "3 accounts", "17 tokens"):
        assert words in done.stdout


def test_a_contract_may_be_written_as_json(tmp_path: Path) -> None:
    file = tmp_path / "contract.json"
    file.write_text('{"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": {}}')
    done = check("--contract", str(file), "--fixtures", str(_without_tokens(tmp_path)))
    assert done.returncode == 0, done.stderr
    assert "0 operations" in done.stdout


def _without_tokens(folder: Path) -> Path:
    file = folder / "fixtures.yaml"
    file.write_text("accounts: []\n", "utf-8")
    return file


def test_a_file_with_a_byte_order_mark_and_crlf_is_read(tmp_path: Path) -> None:
    file = tmp_path / "fixtures.yaml"
    text = FIXTURES_FILE.read_text("utf-8").replace("\n", "\r\n")
    file.write_bytes(text.encode("utf-8-sig"))
    assert check("--fixtures", str(file)).returncode == 0
