"""The beginning of a run, with a journal that is there already: nothing in it may be lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.account.restore_file import Record, RestoreFile, RestoreFileInUse
from conformance.account.state import AccountState, Email
from conformance.runner.session import RunError, Session
from conformance.runner.suite import Suite
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import MALLORY, TRENTINO
from conformance.selftest.stage import BASE_URL, Stage, write_target
from conformance.settings import Settings
from conformance.wire.transport import ConnectionLost, ReceivedResponse, SentRequest

USERNAMES = {"owner": MALLORY.username, "other": TRENTINO.username}


class Line:
    """A way to the reference; with an error, it breaks for good at the first update."""

    def __init__(self, error: BaseException | None = None) -> None:
        self._stage = Stage(Service())
        self._error = error
        self._broken = False

    def send(self, request: SentRequest) -> ReceivedResponse:
        self._broken = self._broken or request.method == "PATCH"
        if self._error is not None and self._broken:
            raise self._error
        return self._stage.send(request)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def settings(tmp_path: Path, journal: Path) -> Settings:
    write_target(tmp_path / "target.yaml", Service())
    return Settings(tmp_path / "target.yaml", journal=journal)


def started(settings: Settings, line: Line) -> Session:
    session = Session(settings, line)
    session.start()
    return session


def recorded(settings: Settings) -> Record:
    """The accounts, as the restore file of a run has them."""
    session = started(settings, Line())
    record = session.ground.record
    assert record is not None
    session.finish_accounts()
    return record


def with_user(record: Record, **members: Any) -> Record:
    owner = record.accounts["owner"].with_user(**members)
    return replace(record, accounts={**record.accounts, "owner": owner})


def test_a_run_leaves_no_journal_behind(settings: Settings, journal: Path) -> None:
    session = started(settings, Line())
    assert json.loads(journal.read_text())["usernames"] == USERNAMES
    assert session.finish_accounts().problems == []
    assert not journal.exists()


def test_what_an_unfinished_run_left_is_restored_first(settings: Settings, journal: Path) -> None:
    journal.write_text(with_user(recorded(settings), location="Before").to_json())
    session = started(settings, Line())
    assert session.ground.record is not None
    assert session.ground.record.accounts["owner"].user["location"] == "Before"
    assert any("unfinished run" in note for note in session.verdict.notes)


def test_the_journal_of_another_target_stays_as_it_is(settings: Settings, journal: Path) -> None:
    usernames: Mapping[str, str] = {"owner": "somebody"}
    email = Email("somebody@example.com", verified=True, primary=True)
    record = Record(BASE_URL, "conformanceabcdef", usernames, {"owner": AccountState({}, (email,))})
    journal.write_text(text := record.to_json())
    with pytest.raises(RunError, match="against somebody"):
        started(settings, Line())
    assert journal.read_text() == text


def test_a_journal_that_cannot_be_restored_stays(settings: Settings, journal: Path) -> None:
    journal.write_text(text := with_user(recorded(settings), id=4711).to_json())
    with pytest.raises(RunError, match="cannot be restored: mallory: id was 4711"):
        started(settings, Line())
    assert journal.read_text() == text


def test_a_journal_stays_if_its_restoration_is_interrupted(
    settings: Settings, journal: Path
) -> None:
    journal.write_text(text := with_user(recorded(settings), location="Before").to_json())
    suite = Suite(settings, Line(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        suite.begin()
    assert journal.read_text() == text


def test_the_journal_stays_if_the_line_breaks_once_it_is_written(
    settings: Settings, journal: Path
) -> None:
    with pytest.raises(RunError, match="`conformance cleanup` tries again"):
        started(settings, Line(ConnectionLost("the connection broke")))
    assert json.loads(journal.read_text())["usernames"] == USERNAMES


def test_a_journal_that_was_just_removed_is_nobodys(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.account.restore_file.fcntl.flock", lambda *_: journal.unlink())
    with pytest.raises(RestoreFileInUse):
        RestoreFile.open(journal)
