"""An output that cannot encode what is written to it: escaped, and never a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conformance.support import write_target
from tests.support import FIXTURES, PROGRAM, MockServer, run_module, write_yaml

ENCODINGS = ["cp1252", "utf-8"]
NAME = "\u738b\u5c0f\u660e"
ODD = os.fsdecode(b"caf\xe9-\xff-" + NAME.encode()) + ".yaml"


def fixtures(folder: Path, name: str = "fixtures.yaml") -> Path:
    first, *others = FIXTURES["accounts"]
    return write_yaml(folder / name, {"accounts": [{**first, "username": NAME}, *others]})


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("style", ["text", "json"])
def test_the_ready_line_names_a_login_of_any_script(
    tmp_path: Path, encoding: str, style: str
) -> None:
    options = ["--fixtures", str(fixtures(tmp_path)), "--log-format", style]
    environment = {"PYTHONIOENCODING": encoding}
    with MockServer(*options, program=PROGRAM, environment=environment) as server:
        shown = NAME if encoding == "utf-8" and style == "text" else ascii(NAME)[1:-1]
        assert shown in server.ready
        assert server.send("GET", "/_mock/health").status_code == 200


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("content", [None, "accounts: {"])
def test_check_names_a_file_whose_name_is_no_text(
    tmp_path: Path, encoding: str, content: str | None
) -> None:
    file = fixtures(tmp_path, ODD)
    if content is not None:
        file.write_text(content, encoding="utf-8")
    done = run_module(
        "mockserver",
        "check",
        "--fixtures",
        str(file),
        environment={"PYTHONIOENCODING": encoding},
    )
    assert done.returncode == (2 if content else 0)
    assert "Traceback" not in done.stderr
    assert "caf\\udce9-\\udcff" in (done.stderr if content else done.stdout)


STRICT = {"PYTHONIOENCODING": "ascii:strict"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["list"], 0), (["explain", ODD], 2), (["init", ODD], 0), (["run", ODD], 2)],
)
def test_the_suite_writes_to_every_output(tmp_path: Path, arguments: list[str], code: int) -> None:
    arguments = [str(tmp_path / one) if one == ODD and code == 0 else one for one in arguments]
    done = run_module("conformance.cli", *arguments, environment=STRICT)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_a_report_on_the_screen_is_written_to_every_output(
    tmp_path: Path, server: MockServer
) -> None:
    target = write_target(tmp_path, server.url).rename(tmp_path / ODD)
    chosen = ("--only", "get-user/basic-accepted")
    done = run_module(
        "conformance.cli", "run", str(target), *chosen, environment=STRICT, patience=120
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
