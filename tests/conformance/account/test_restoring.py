"""Accounts that are put back: what the target does not take, reads that lag, files that are damaged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.account.restore_file import (
    Record,
    RestoreFile,
    RestoreFileError,
    default_path,
    restore_files,
)
from conformance.account.restorer import Restored, Restorer, restore_all
from conformance.account.state import Email
from conformance.catalogue.requirements import packaged_contract
from conformance.checks.support.operations import DESCRIPTIONS
from conformance.selftest.changes import CHANGES, build
from conformance.selftest.reference.calls import Call, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.stage import BASE_URL, Stage, write_target
from conformance.selftest.trials import load
from conformance.target.file import read_target
from conformance.wire.client import Client
from tests.conformance.support import conformance, target_data
from tests.conformance.support import write_target as write_mock_target
from tests.support import PATIENCE, ROOT, MockServer, clean_environment

TAG = "conformance012345"


def restorer_of(folder: Path, service: Service, **changes: Any) -> Restorer:
    write_target(folder / "target.yaml", service)
    target = read_target(folder / "target.yaml", packaged_contract().scopes)
    accounts = [
        replace(one, disposable=changes.pop("disposable", False)) for one in target.accounts
    ]
    client = Client(replace(target, **changes), Stage(service))
    return Restorer(client, packaged_contract().operations, accounts, DESCRIPTIONS.keeping)


def record_of(restorer: Restorer) -> Record:
    names = {role: account.username for role, account in restorer.accounts.items()}
    return Record(BASE_URL, TAG, names, {role: restorer.read(role) for role in names})


def with_name(record: Record, name: str) -> Record:
    owner = record.accounts["owner"].with_user(full_name=name)
    return replace(record, accounts={**record.accounts, "owner": owner})


def restored(restorer: Restorer, name: str) -> Restored:
    return restore_all(restorer, with_name(record_of(restorer), name))


class NoEmptyText(Service):
    """Today's rule, which the text in the account is older than."""

    def save_member(self, call: Call, name: str, value: str) -> None:
        if not value:
            raise self.not_text(call, name)
        super().save_member(call, name, value)


def test_what_the_target_does_not_take_back_is_told_with_its_answer_and_the_fix(
    tmp_path: Path,
) -> None:
    outcome = restored(restorer_of(tmp_path, NoEmptyText()), "")

    difference, why = outcome.problems
    assert "mallory: full_name was '' and is 'Mallory" in difference
    assert why.startswith('mallory: PATCH {"full_name": ""} is answered 400')
    assert "set accounts.owner.disposable: true" in outcome.notes[-1]


def test_an_address_that_another_run_has_removed_meanwhile_is_not_added_again(
    tmp_path: Path,
) -> None:
    restorer = restorer_of(tmp_path, Service())
    now = record_of(restorer)
    owner = now.accounts["owner"]
    theirs = Email("conformancezzzzzz.1@example.com", verified=False, primary=False)
    lost = replace(theirs, email="lost@example.com")
    before = replace(
        now, accounts={**now.accounts, "owner": owner.with_email(theirs).with_email(lost)}
    )

    assert restore_all(restorer, before).problems == []
    assert restorer.read("owner") == owner.with_email(lost)


def test_what_a_faulty_target_changes_with_what_is_put_back_is_put_back_too(tmp_path: Path) -> None:
    load()
    restorer = restorer_of(tmp_path, build([CHANGES["delete-empties-location"]]))
    before = record_of(restorer)
    added = {"email": f"{TAG}@example.com"}
    assert restorer.write("owner", "add_email", added) is not None

    assert restore_all(restorer, before).problems == []
    assert restorer.read("owner") == before.accounts["owner"]


def test_of_a_disposable_account_nothing_has_to_be_put_back(tmp_path: Path) -> None:
    restorer = restorer_of(tmp_path, NoEmptyText(), disposable=True)

    outcome = restored(restorer, "")

    assert outcome.problems == []
    assert "left as it is, for it is disposable: mallory: full_name" in outcome.notes[-1]


class Lagging(Service):
    """Reads show the profile of some reads ago."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = deque([self.stored_user("mallory")] * 4, 4)

    def get_user(self, call: Call) -> Reply:
        if call.username != "mallory":
            return super().get_user(call)
        user = self.shown[0]
        self.shown.append(self.stored_user("mallory"))
        return self.json_reply(200, self.user_view(call, user))


def test_reads_that_lag_are_waited_for(tmp_path: Path) -> None:
    assert restored(restorer_of(tmp_path, Lagging()), "Another").problems
    restorer = restorer_of(tmp_path, Lagging(), consistency=0.4)
    assert restored(restorer, "Another").problems == []


# -- restore files ---------------------------------------------------------------------------------


def test_a_restore_file_is_of_one_url(tmp_path: Path) -> None:
    target = tmp_path / "target.yaml"
    urls = ["https://one.example", "https://two.example"]
    record = record_of(restorer_of(tmp_path, Service()))
    paths = [default_path(target, url) for url in urls]
    for path, url in zip(paths, urls, strict=True):
        path.write_text(replace(record, base_url=url).to_json())
    (tmp_path / ".target.yaml.notes.journal").write_text("no restore file")
    os.mkfifo(tmp_path / ".target.yaml.pipe.journal")

    assert restore_files(target) == dict(sorted(zip(paths, urls, strict=True)))


def test_cleanup_leaves_the_restore_file_of_another_url_and_names_it(
    server: MockServer, tmp_path: Path
) -> None:
    target = write_mock_target(tmp_path, server.url)
    users = {role: one["username"] for role, one in target_data("")["accounts"].items()}
    other = Record("https://two.example", TAG, users, {})
    mine = default_path(target, server.url)
    theirs = default_path(target, other.base_url)
    mine.write_text(replace(other, base_url=server.url, usernames={}).to_json())
    theirs.write_text(replace(other, usernames={}).to_json())

    done = conformance("cleanup", target)

    assert done.code == 0, done.said
    assert f"conformance cleanup {target} --base-url https://two.example" in done.out
    assert "both accounts are restored" in done.out
    assert (mine.exists(), theirs.exists()) == (False, True)

    assert "nothing to clean up" in conformance("cleanup", target).out


def test_what_can_be_read_of_a_damaged_restore_file_is_told(tmp_path: Path) -> None:
    record = record_of(restorer_of(tmp_path, Service()))
    text = record.to_json()
    path = tmp_path / "journal"
    path.write_text(text[: text.rindex('"trentino"')])

    journal = RestoreFile.open(path)
    with pytest.raises(RestoreFileError) as caught:
        journal.read()
    journal.close(remove=False)

    lines = str(caught.value).splitlines()
    assert "is damaged" in lines[0]
    assert f'  base_url: "{BASE_URL}"' in lines
    assert "owner:" in lines
    assert f'  email: "{record.accounts["owner"].emails[0].email}"' in lines
    full_name = json.dumps(record.accounts["owner"].user["full_name"])
    assert f"  full_name: {full_name}" in lines


@given(st.data())
@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_nothing_is_put_back_from_a_damaged_restore_file(
    tmp_path: Path, data: st.DataObject
) -> None:
    whole = record_of(restorer_of(tmp_path, Service()))
    text = bytearray(whole.to_json().encode())
    head = text.index(b"\n") + 1
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(head, len(text)))
        cut = data.draw(st.sampled_from([0, 1, 2, 40, len(text)]))
        text[at : at + cut] = data.draw(
            st.sampled_from(
                [b"", b"a", b"1", b"null", b"[]", b"{", b'"', b"\xff", b"\\ud800", b"1e999"]
            )
        )
    path = tmp_path / "journal"
    path.write_bytes(text)

    journal = RestoreFile.open(path)
    try:
        record = journal.read()
        assert record == whole or bytes(text) == text[:head]
    except RestoreFileError as error:
        assert "by hand" in str(error)  # noqa: PT017 - between two members, damage may change nothing
    finally:
        journal.close(remove=False)


def test_a_damaged_beginning_hides_no_data_and_no_other_file(
    server: MockServer, tmp_path: Path
) -> None:
    target = write_mock_target(tmp_path, server.url)
    users = {role: one["username"] for role, one in target_data("")["accounts"].items()}
    whole = Record(server.url, TAG, users, {}).to_json()
    mine, lost = default_path(target, server.url), tmp_path / ".target.yaml.00000000.journal"

    mine.write_text(whole.replace("accounts", "bccounts"))  # in the words of its first line, too
    lost.write_text("")
    done = conformance("cleanup", target)
    assert done.code == 2
    assert f"{lost} is no restore file of ours" in done.err
    assert f'base_url: "{server.url}"' in done.err

    mine.write_text("")
    assert f"{mine} is no restore file of ours" in conformance("cleanup", target).err


# -- interruptions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ignored", "said"), [("", "interrupted"), ("signal.signal(1, signal.SIG_IGN)", "went on")]
)
def test_a_hang_up_is_an_interruption_unless_it_is_ignored(ignored: str, said: str) -> None:
    program = f"""
import os, signal
from conformance.wire.interruption import ignored_interruptions, take_interruptions
{ignored}
take_interruptions()
with ignored_interruptions():
    os.kill(os.getpid(), signal.SIGHUP)
try:
    os.kill(os.getpid(), signal.SIGHUP)
    print("went on")
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout.strip() == said
