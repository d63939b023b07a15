"""README.md, the pages of docs/reference and ARCHITECTURE.md hold: commands, answers, options, and the files that they name."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path

import pytest

from conformance.catalogue.requirements import catalogue, packaged_contract
from conformance.catalogue.waivers import read_waivers
from conformance.settings import OPTIONS
from conformance.target.file import read_target
from conformance.target.template import TEMPLATE
from mockserver.cli import check, docs, main, serve
from tests.support import ROOT, MockServer, each_operation, invoke, read_yaml

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = {
    page.stem: page.read_text(encoding="utf-8")
    for page in (*(ROOT / "docs" / "reference").glob("*.md"), ROOT / "docs" / "tutorial.md")
}


def _console_examples() -> list[tuple[str, str]]:
    """Each `$ curl` of README and pages with the first line that it prints."""
    examples = []
    text = "\n".join([README, *PAGES.values()])
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        lines = block.splitlines()
        examples += [
            (line.removeprefix("$ "), answer)
            for line, answer in itertools.pairwise(lines)
            if line.startswith("$ curl ")
        ]
    return examples


def _as_request(command: str) -> tuple[str, str, dict[str, str], tuple[str, str] | None, str]:
    """The request of a curl command line: method, path, headers, login, body."""
    words = shlex.split(command)
    assert words.pop(0) == "curl"
    path = words.pop().removeprefix("http://127.0.0.1:8080")
    method, body, login = "", "", None
    headers: dict[str, str] = {}
    for option, value in zip(words[::2], words[1::2], strict=True):
        if option == "-X":
            method = value
        elif option == "-u":
            name, _, password = value.partition(":")
            login = (name, password)
        elif option == "-H":
            name, _, field = value.partition(": ")
            headers[name] = field
        elif option == "-d":
            body = value
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    return method or ("POST" if body else "GET"), path, headers, login, body


@pytest.mark.parametrize(("command", "answer"), _console_examples())
def test_a_command_prints_what_stands_below_it(
    server: MockServer, command: str, answer: str
) -> None:
    method, path, headers, login, body = _as_request(command)
    got = server.client.request(method, path, headers=headers, auth=login, content=body).text
    assert got.startswith(answer.removesuffix(" …").removesuffix(","))


def test_the_fixtures_of_the_page_can_be_served(tmp_path: Path) -> None:
    [sample] = re.findall(r"```yaml\n(accounts:.*?)```", PAGES["fixtures"], re.DOTALL)
    file = tmp_path / "fixtures.yaml"
    file.write_text(sample, "utf-8")
    done = invoke("check", "--fixtures", str(file))
    assert done.returncode == 0, done.stderr


CONTROL = read_yaml(ROOT / "openapi" / "control.yaml")
SCHEMAS = CONTROL["components"]["schemas"]
SCOPES = packaged_contract().scopes
KEYS = set(re.findall(r"^ *(?:# )?([a-z_]+):", TEMPLATE, re.MULTILINE))
# All that there is, and the page that must name it.
NAMED = {
    "the options of the mock server": (
        "mock-server",
        {
            f"`{one}"
            for command in (serve, check, docs)
            for each in command.params
            for one in each.opts
            if one.startswith("--")
        },
    ),
    "the commands of the mock server": (
        "mock-server",
        {f"mockserver {one}" for one in main.commands},
    ),
    "the options of the suite": ("conformance", {f"`--{option}" for option in OPTIONS}),
    "the keys of the target file": ("conformance", KEYS - {"tokens", "owner", "other", *SCOPES}),
    "the members of a rule": (
        "control-api",
        {f"`{name}`" for one in ("Match", "Effect") for name in SCHEMAS[one]["properties"]},
    ),
    "the operations of the control API": (
        "control-api",
        {
            f"`{method} {re.sub('{.*?}', '{}', path)}`"
            for method, path, raw in each_operation(CONTROL)
            if not {"pages", "contract"} & set(raw["tags"])
        },
    ),
}


@pytest.mark.parametrize(("page", "names"), NAMED.values(), ids=NAMED)
def test_a_page_names_all_that_there_is(page: str, names: set[str]) -> None:
    assert len(names) > 2
    text = re.sub("{[a-z]+}", "{}", PAGES[page])
    assert [name for name in sorted(names) if name not in text] == []


def test_the_first_page_of_the_documentation_leads_to_every_page() -> None:
    start = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for folder in ("guides", "testing", "reference", "explanation"):
        pages = [f"{folder}/{page.name}" for page in (ROOT / "docs" / folder).glob("*.md")]
        assert pages
        assert [page for page in pages if f"({page})" not in start] == []


def test_the_waivers_of_the_page_can_be_read(tmp_path: Path) -> None:
    [sample] = re.findall(r"```yaml\n(- id:.*?)```", PAGES["conformance"], re.DOTALL)
    (tmp_path / "waivers.yaml").write_text(sample, "utf-8")
    assert len(read_waivers(tmp_path / "waivers.yaml", catalogue())) == 1


def test_the_target_file_of_the_tutorial_names_logins_that_are_there(tmp_path: Path) -> None:
    [sample] = re.findall(r"```yaml\n(base_url:.*?)```", PAGES["tutorial"], re.DOTALL)
    (tmp_path / "target.yaml").write_text(sample, "utf-8")
    target = read_target(tmp_path / "target.yaml", SCOPES)
    assert target.base_url == "http://127.0.0.1:8080"
    assert {name for account in target.accounts for name in account.tokens} == {
        *(frozenset({scope}) for scope in SCOPES),
        frozenset(SCOPES),
        frozenset(),
    }


def test_the_readme_is_short() -> None:
    assert README.count("\n") < 150


def test_the_readme_names_the_commands_of_make() -> None:
    named = set(re.findall(r"make ([a-z]+)", README))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"serve", "test", "check"} <= named
    assert named <= targets


def test_each_path_of_the_architecture_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")

    paths = re.findall(r"`([a-z_]+/[a-z_./]+)`", text)
    assert len(paths) >= 8
    assert [path for path in paths if not (ROOT / path).exists()] == []
