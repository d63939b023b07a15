"""README.md and ARCHITECTURE.md hold: commands, answers, options, and the files that they name."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mockserver.cli import check, docs, main, serve
from tests.support import MockServer

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _console_examples() -> list[tuple[str, str]]:
    """Each `$ command` of the README with the first line that it prints."""
    examples = []
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        lines = block.splitlines()
        examples += [
            (line.removeprefix("$ "), answer)
            for line, answer in itertools.pairwise(lines)
            if line.startswith("$ ")
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
def test_a_command_of_the_readme_prints_what_stands_below_it(
    server: MockServer, command: str, answer: str
) -> None:
    method, path, headers, login, body = _as_request(command)
    got = server.client.request(method, path, headers=headers, auth=login, content=body).text
    assert got.startswith(answer.removesuffix(" …").removesuffix(","))


def test_the_fixtures_of_the_readme_can_be_served(tmp_path: Path) -> None:
    [sample] = re.findall(r"```yaml\n(accounts:.*?)```", README, re.DOTALL)
    file = tmp_path / "fixtures.yaml"
    file.write_text(sample, "utf-8")
    result = CliRunner().invoke(main, ["check", "--fixtures", str(file)])
    assert result.exit_code == 0, result.output


def test_the_readme_has_examples() -> None:
    assert len(_console_examples()) >= 4


@pytest.mark.parametrize("command", [serve, check, docs], ids=["serve", "check", "docs"])
def test_the_readme_names_every_option(command: click.Command) -> None:
    options = [name for one in command.params for name in one.opts if name.startswith("--")]
    assert options
    assert [name for name in options if f"`{name}" not in README] == []


def test_the_readme_names_every_command() -> None:
    assert [name for name in main.commands if f"mockserver {name}" not in README] == []


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
