"""YAML that would take a reader's time or stack for ever: refused soon, with the place and the fix."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.conformance.support import conformance, write_target
from tests.support import check

LONG = 10.0
"""Seconds: many times the need, and far less than these files once took."""


def aliases(width: int, levels: int) -> str:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{f'*a{n - 1}, ' * width}]" for n in range(1, levels + 1)]
    return "\n".join(lines)


def keys(indent: str = "") -> str:
    return "\n".join(f"{indent}key-{number}: 1" for number in range(50_000))


HOSTILE = {
    "open brackets": (
        "a: " + "[" * 100_000,
        "x.yaml:1:103: here it is nested more than 100 levels",
    ),
    "brackets": ("[" * 100_000 + "]" * 100_000, "x.yaml:1:101: here it is nested more than 100"),
    "braces": ("{a: " * 100_000, "x.yaml:1:401: here it is nested more than 100 levels deep"),
    "dashes": ("- " * 100_000 + "a", "x.yaml:1:201: here it is nested more than 100 levels deep"),
    "keys of keys": ("? " * 100_000, "x.yaml:1:201: here it is nested more than 100 levels deep"),
    "a little too deep": ("[" * 101 + "]" * 101, "x.yaml:1:101: here it is nested more than 100"),
    "aliases": (aliases(10, 10), "x.yaml:6:5: aliases make 211,111 values of this; repeat less"),
    "deep aliases": (aliases(1, 200), "x.yaml:100:12: here it is nested more than 100 levels deep"),
    "a loop": ("a: &a [{b: *a}]", "x.yaml:1:12: an alias must not contain itself"),
    "merges": (
        aliases(10, 10).replace("[x]", "{x: 1}").replace("[*", "{<<: [*").replace(", ]", "]}"),
        "x.yaml:6:14: aliases make",
    ),
    "many keys": (keys(), "x.yaml:1001:1: this mapping has 50,000 keys; more than 1,000 are not"),
    "many keys below": ("a:\n" + keys("  "), "x.yaml:1002:3: this mapping has 50,000 keys"),
    "directives": ("%TAG !a! a\n" * 50_000 + "--- a", "x.yaml:1:1: there are more than 100 direct"),
    "a long number": ("a: " + "9" * 5000, "x.yaml:1:4: this number is too large; put it in quotes"),
    "an endless number": ("a: 1e999", "x.yaml:1:4: this number is too large; put it in quotes"),
    "more than 64 bits": ("a: 9223372036854775808", "x.yaml:1:4: this number is too large"),
}


def served(option: str, file: Path) -> str:
    done = check(option, str(file))
    assert done.returncode == 2
    return done.stderr


def run(*arguments: Path | str) -> str:
    done = conformance("run", *arguments)
    assert done.code == 2
    return done.err


def waivers(file: Path) -> str:
    return run(write_target(file.parent, "http://127.0.0.1:9"), "--waivers", file)


READERS: dict[str, Callable[[Path], str]] = {
    "contract": partial(served, "--contract"),
    "fixtures": partial(served, "--fixtures"),
    "target": run,
    "waivers": waivers,
}


@pytest.mark.parametrize(
    ("reader", "kind"),
    [
        *(("contract", kind) for kind in HOSTILE),
        *((one, kind) for one in list(READERS)[1:] for kind in ("aliases", "many keys")),
    ],
)
def test_a_hostile_file_is_refused_soon_with_its_place(
    tmp_path: Path, reader: str, kind: str
) -> None:
    text, message = HOSTILE[kind]
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    before = time.monotonic()
    told = READERS[reader](file)
    assert time.monotonic() - before < LONG
    assert message in told
    assert len(told.splitlines()) <= 101


def test_thousands_of_mistakes_are_told_in_a_hundred_lines(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("- {}\n" * 20_000, encoding="utf-8")
    before = time.monotonic()
    told = waivers(file).splitlines()
    assert time.monotonic() - before < LONG
    assert "x.yaml:1:3: must have id, reason and expires" in told[0]
    assert len(told) == 101
    assert told[-1].endswith("and 19900 more")


@pytest.mark.parametrize("text", ["[" * 100 + "]" * 100, aliases(10, 3), "a: 9223372036854775807"])
def test_what_is_large_and_not_hostile_is_read(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    assert "must be an OpenAPI 3.0 document" in check("--contract", str(file)).stderr
