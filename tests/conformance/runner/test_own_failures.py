"""Errors on our side are no verdict: exit code 2 with the reason, and no traceback."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conformance.proxy import bare, standing
from tests.conformance.runner.test_files_named import FULL, device
from tests.conformance.support import conformance, report_of, write_target
from tests.support import PATIENCE, ROOT, MockServer, clean_environment

pytestmark = pytest.mark.skipif(os.name != "posix", reason="streams as on Unix")

COMMAND = ("-m", "conformance.cli", "run")
PYTEST = (
    *("-m", "pytest", "-p", "conformance.runner.pytest_entry", "-p", "no:cacheprovider"),
    *("--pyargs", "conformance"),
)
ONLY = "get-user/json"


def command(target: Path, *options: str) -> Sequence[str]:
    return (*COMMAND, str(target), "--only", ONLY, *options)


def as_pytest(target: Path, *options: str) -> Sequence[str]:
    return (*PYTEST, f"--conformance-target={target}", "--conformance-only", ONLY, *options)


DOORS = {"conformance run": command, "pytest": as_pytest}


@contextmanager
def broken(how: str, folder: Path) -> Iterator[int | None]:
    """A stream that takes nothing: a closed one (None), a pipe that nobody reads, or a full device of ours."""
    if how == "closed":
        yield None
        return
    if how == "pipe":
        reading, descriptor = os.pipe()
        os.close(reading)
    else:
        device(*FULL)(folder / "full")
        descriptor = os.open(folder / "full", os.O_WRONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def run(
    arguments: Sequence[str],
    out: int | None = subprocess.PIPE,
    err: int | None = subprocess.PIPE,
    **variables: str,
) -> tuple[int, str]:
    """Run Python with these streams, of which None is closed; the exit code, and what stderr got."""
    shell = f'exec "$@" {">&-" if out is None else ""} {"2>&-" if err is None else ""}'
    done = subprocess.run(
        ["sh", "-c", shell, "sh", sys.executable, *arguments],
        cwd=ROOT,
        env=clean_environment({"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **variables}),
        stdout=subprocess.PIPE if out is None else out,
        stderr=subprocess.PIPE if err is None else err,
        text=True,
        timeout=PATIENCE * 6,
        check=False,
    )
    return done.returncode, done.stderr or ""


@pytest.mark.parametrize(
    ("door", "how", "unbuffered"),
    [(door, *one) for door in DOORS for one in (("closed", ""), ("pipe", ""), ("pipe", "1"))]
    + [("conformance run", "full", "")],
)
def test_a_result_that_nobody_can_read_is_no_success(
    server: MockServer, tmp_path: Path, door: str, how: str, unbuffered: str
) -> None:
    target = write_target(tmp_path, server.url)

    with broken(how, tmp_path) as out:
        code, err = run(DOORS[door](target), out=out, PYTHONUNBUFFERED=unbuffered)

    assert code == 2, err
    assert "standard output" in err
    assert "Traceback" not in err
    assert list(tmp_path.glob(".*journal*")) == []


@pytest.mark.parametrize("door", list(DOORS))
def test_a_verdict_outweighs_an_output_that_is_gone(tmp_path: Path, door: str) -> None:
    option = f"{'--conformance-only' if door == 'pytest' else '--only'}=get-user/basic-accepted"
    with standing(bare(500)) as url, broken("pipe", tmp_path) as out:
        code, err = run(DOORS[door](write_target(tmp_path, url), option), out=out)

    assert code == 1, err
    assert "Traceback" not in err


@pytest.mark.parametrize("how", ["closed", "pipe"])
def test_messages_that_nobody_reads_change_nothing(
    server: MockServer, tmp_path: Path, how: str
) -> None:
    target = write_target(tmp_path, server.url)
    report = tmp_path / "report.json"

    with broken(how, tmp_path) as err:
        assert run(command(target, "--report", str(report)), err=err)[0] == 0
        assert run((*COMMAND, str(tmp_path / "none.yaml")), err=err)[0] == 2

    assert report_of(report)["verdict"] == "conformant"


@pytest.mark.parametrize("arguments", [("list",), ("explain", "get-user"), ("cleanup",), ("init",)])
def test_the_other_commands_say_that_their_output_is_gone(
    server: MockServer, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    target = write_target(tmp_path, server.url)
    more = {"cleanup": (str(target),), "init": (str(tmp_path / "new.yaml"),)}

    with broken("pipe", tmp_path) as out:
        arguments += more.get(arguments[0], ())
        code, err = run(("-m", "conformance.cli", *arguments), out=out)

    assert code == 2, err
    assert "standard output" in err
    assert "Traceback" not in err


PLANTED = {
    "before the first request": "conformance.runner.session.Session.start",
    "at the first result": "conformance.catalogue.verdict.VerdictBuilder.add",
    "at the verdict": "conformance.catalogue.verdict.VerdictBuilder.decide",
    "in a report": "conformance.reports.writing.clean",
    "on the terminal": "conformance.reports.terminal.clean",
}


def plant(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(*_: object) -> None:
        raise LookupError("planted \x1b[31m")

    monkeypatch.setattr(PLANTED[place], planted)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("place", list(PLANTED))
def test_a_defect_of_ours_is_no_verdict(
    server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    before = server.accounts()
    target = write_target(tmp_path, server.url)
    plant(place, monkeypatch)

    done = conformance("run", target, "--only", ONLY, "--report", tmp_path / "report.json")

    assert done.code == 2, done.err
    assert "LookupError: planted \\u001b[31m" in done.err
    assert "please report this" in done.err
    assert "Traceback" not in done.err
    assert server.accounts() == before
    gc.collect()  # connections that nobody closed: else, the end of the process does
