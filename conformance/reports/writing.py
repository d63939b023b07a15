"""Reports as files: chosen by suffix, and written whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from accounts_contract import file_kind
from conformance.catalogue.results import RunResult
from conformance.reports.html import html_report
from conformance.reports.json_report import json_report
from conformance.reports.junit import junit_report
from conformance.reports.markdown import markdown_report
from conformance.reports.texts import CleanRun, Hide, clean

WRITERS: dict[str, Callable[[CleanRun, datetime], str]] = {
    ".xml": junit_report,
    ".html": html_report,
    ".json": lambda run, _written: json_report(run),
    ".md": lambda run, _written: markdown_report(run),
}


class ReportError(Exception):
    """A report that cannot be written; the message names the file and the fix."""


def check_report_paths(paths: Sequence[Path], inputs: Sequence[Path] = ()) -> None:
    """Refuse, before a run starts, reports that cannot be written. Make missing folders.

    Args:
        paths: The files to write.
        inputs: Files that the run reads, and that no report may replace.

    Raises:
        ReportError: A suffix is unknown, or a file cannot be written there.
    """
    for path in paths:
        _writer(path)
        with _as_report_error(path):
            if _replaces_a_file(path) and any(
                one.exists() and one.samefile(path) for one in inputs
            ):
                raise ReportError(f"{path}: the run reads this file; name another for the report")
            path.parent.mkdir(parents=True, exist_ok=True)
            with _beside(path, b""):
                pass


def write_reports(
    run: RunResult, paths: Sequence[Path], hide: Hide, written: datetime | None = None
) -> None:
    """Write each report in the form that its suffix names; one that cannot be written stops no other.

    The bodies that its command lines read from files are written beside it.

    Args:
        run: The run.
        paths: The files to write; an existing regular file is replaced and keeps its mode.
        hide: Masks secrets in a text.
        written: The time that the reports name; now, if left out.

    Raises:
        ReportError: Some could not be written.
    """
    if not paths:
        return
    cleaned = clean(run, hide)
    told = [check.steps for one in cleaned.requirements for check in one.checks]
    told += [finding.steps for finding in cleaned.findings]
    bodies = {step.file: step.body for steps in told for step in steps if step.file}
    failures = []
    for path in paths:
        try:
            text = _writer(path)(cleaned, written or datetime.now(UTC))
            with _as_report_error(path):
                for name, body in bodies.items():
                    _keep(path.with_name(name), body)
                _replace(path, text.encode())
        except ReportError as error:
            failures.append(str(error))
    if failures:
        raise ReportError("\n".join(failures))


def _writer(path: Path) -> Callable[[CleanRun, datetime], str]:
    try:
        return WRITERS[path.suffix.lower()]
    except KeyError:
        known = ".xml (JUnit), .html, .json or .md"
        raise ReportError(f"{path}: a report's name ends in {known}") from None


def _replaces_a_file(path: Path) -> bool:
    """Return whether there is a file to replace; refuse one that is not regular. Raises OSError."""
    try:
        kind = file_kind(path.lstat().st_mode)
    except FileNotFoundError:
        return False
    if kind:
        fix = "name the file that it leads to" if kind == "a link" else "name a file"
        raise ReportError(f"{path}: cannot be written: it is {kind}; {fix}")
    return True


def _keep(path: Path, body: bytes) -> None:
    """Write a body, whose name is made of its content: a file with another content is not ours. Raises OSError."""
    if not _replaces_a_file(path):
        _replace(path, body)
    elif path.read_bytes() != body:
        raise ReportError(f"{path}: cannot be written: a file of another content is there; move it")


def _replace(path: Path, content: bytes) -> None:
    with _beside(path, content) as temporary:
        if _replaces_a_file(path):
            shutil.copymode(path, temporary)
        temporary.replace(path)


@contextmanager
def _beside(path: Path, content: bytes) -> Iterator[Path]:
    """Write a temporary file beside another one, on the disk before it is used. Raises OSError."""
    # Made with the usual rights, unlike tempfile's: other users collect reports.
    temporary = path.with_name(f".report-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _as_report_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror or error}") from None
