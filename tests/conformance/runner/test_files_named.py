"""The files that `conformance` may open, change and remove: its own, and no others."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance.support import (
    Done,
    conformance,
    write_target,
)
from tests.support import MockServer

pytestmark = pytest.mark.skipif(os.name != "posix", reason="files as on Unix")

NULL, FULL = (1, 3), (1, 7)
"""Devices that take everything, and of which reading never ends; ours, in a folder of a test."""


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(major: int, minor: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        try:
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(major, minor))
        except PermissionError:
            pytest.skip("only root makes devices")

    return make


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def link(path: Path) -> None:
    path.with_name("kept").write_text("kept")
    path.symlink_to("kept")


def dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


SPECIAL: dict[str, tuple[Callable[[Path], None], str]] = {
    "a FIFO": (fifo, "a FIFO"),
    "a device that swallows": (device(*NULL), "a device"),
    "a device that never ends": (device(*FULL), "a device"),
    "a socket": (unix_socket, "a socket"),
    "a folder": (Path.mkdir, "a folder"),
    "a link": (link, "a link"),
    "a link to nowhere": (dangling_link, "a link"),
}
special = pytest.mark.parametrize(("make", "kind"), SPECIAL.values(), ids=list(SPECIAL))


def identity(path: Path) -> tuple[int, ...]:
    found = path.lstat()
    return found.st_ino, found.st_mode, found.st_rdev, found.st_size


def is_refused(done: Done, *words: str) -> None:
    assert done.code == 2, done.out + done.err
    assert all(word in done.err for word in words), done.err
    assert "Traceback" not in done.err


COMMANDS = ("run", "cleanup")


@pytest.mark.parametrize("command", COMMANDS)
@special
def test_a_restore_file_is_a_regular_file(
    server: MockServer, tmp_path: Path, command: str, make: Callable[[Path], None], kind: str
) -> None:
    target = write_target(tmp_path, server.url)
    journal = tmp_path / "journal"
    make(journal)
    before = identity(journal)

    is_refused(conformance(command, target, "--journal", journal), f"it is {kind}", "--journal")

    assert identity(journal) == before
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "content", [b"", b"Notes of mine\n", b'{"version": 1}', b"\xff\0" * 9, b'{\n "what": "else"}']
)
def test_a_file_of_somebody_else_keeps_its_content_and_mode(
    server: MockServer, tmp_path: Path, command: str, content: bytes
) -> None:
    target = write_target(tmp_path, server.url)
    journal = tmp_path / "notes.txt"
    journal.write_bytes(content)
    journal.chmod(0o644)
    before = identity(journal)

    is_refused(
        conformance(command, target, "--journal", journal), str(journal), "no restore file of ours"
    )

    assert journal.read_bytes() == content
    assert identity(journal) == before


FIRST_LINE = (
    '{"what": "the state of two accounts before a conformance run; '
    '`conformance cleanup` restores it",\n'
)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "rest",
    [
        ' "version": 2,',
        ' "version": 2}',
        ' "version": 1}',
        ' "version": 2, "tag": ' + "[" * 100_000,
    ],
)
def test_a_damaged_restore_file_stays_and_is_told(
    server: MockServer, tmp_path: Path, command: str, rest: str
) -> None:
    target = write_target(tmp_path, server.url)
    journal = tmp_path / "journal"
    journal.write_text(FIRST_LINE + rest)

    is_refused(conformance(command, target, "--journal", journal), str(journal), "is damaged")

    assert journal.read_text() == FIRST_LINE + rest


@special
def test_a_report_replaces_a_regular_file_only(
    server: MockServer, tmp_path: Path, make: Callable[[Path], None], kind: str
) -> None:
    report = tmp_path / "report.json"
    make(report)
    before = identity(report)
    target = write_target(tmp_path, server.url)

    done = conformance("run", target, "--only", "get-user/json", "--report", report)

    is_refused(done, f"{report}: cannot be written: it is {kind}")
    assert identity(report) == before
    names = {one.name for one in tmp_path.iterdir()}
    assert names - {"kept"} == {"report.json", "target.yaml"}


def test_a_report_does_not_replace_what_the_run_reads(server: MockServer, tmp_path: Path) -> None:
    target = write_target(tmp_path, server.url).rename(tmp_path / "target.json")
    before = target.read_bytes()

    is_refused(conformance("run", target, "--report", target), "the run reads this file")

    assert target.read_bytes() == before


@pytest.mark.parametrize("option", ["the target", "the waivers"])
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (fifo, "the file is empty"),
        (device(*FULL), "it is a device"),
        (Path.mkdir, "it is a folder"),
    ],
)
def test_what_is_read_never_waits_and_ends(
    server: MockServer, tmp_path: Path, option: str, make: Callable[[Path], None], why: str
) -> None:
    named = tmp_path / "named.yaml"
    make(named)
    target = write_target(tmp_path, server.url)

    arguments = (named,) if option == "the target" else (target, "--waivers", named)

    is_refused(conformance("run", *arguments), str(named), why)


def test_a_target_file_may_come_out_of_a_pipe(server: MockServer, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    content = write_target(tmp_path, server.url).read_bytes()
    os.write(writing, content)
    os.close(writing)
    with os.fdopen(reading):
        done = conformance(
            "run", f"/proc/{os.getpid()}/fd/{reading}", "--only", "get-user/json", "--read-only"
        )
    assert done.code == 0, done.out + done.err
