"""--watch: contract and fixtures are edited while the server runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from threading import Thread

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    BY_ID,
    CONTRACT,
    CONTRACT_FILE,
    FIXTURES,
    FIXTURES_FILE,
    JANE,
    JANES,
    JOHN,
    JOHNS,
    Json,
    MockServer,
    StartServer,
    altered,
    bearer,
    call,
    problem,
    read_yaml,
    write,
    write_yaml,
)

GET_USER = BY_ID["get_user"]
WATCHFUL = altered("server.background.LOOK_EVERY = 0.02")


class Watched:
    """A server that watches its files, and the files."""

    def __init__(self, folder: Path) -> None:
        self.contract = folder / "contract.yaml"
        self.fixtures = folder / "fixtures.yaml"
        self.good = {
            self.contract: CONTRACT_FILE.read_bytes(),
            self.fixtures: FIXTURES_FILE.read_bytes(),
        }
        for file, content in self.good.items():
            file.write_bytes(content)
        files = ["--contract", str(self.contract), "--fixtures", str(self.fixtures)]
        self.server = MockServer("--watch", *files, program=WATCHFUL)
        self._seen = 0

    def wait_for(self, event: str) -> str:
        """The message of the next event of a name."""
        log = self.server.log
        index = log.find(lambda line: json.loads(line)["event"] == event, self._seen)
        self._seen = index + 1
        return str(json.loads(log[index : index + 1][0])["message"])

    def edit(self, file: Path, edit: Callable[[Json], object]) -> str:
        """Edit the data of a file; gives the message of the reload."""
        data = deepcopy(CONTRACT if file == self.contract else FIXTURES)
        edit(data)
        write_yaml(file, data)
        return self.wait_for("reloaded")

    def repair(self) -> None:
        """Bring the files and the state back to where they began."""
        for file, content in self.good.items():
            if not file.exists() or file.read_bytes() != content:
                write(file, content)
                self.wait_for("reloaded")
        self.server.reset()


@pytest.fixture(scope="module")
def watching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    started = Watched(tmp_path_factory.mktemp("watched"))
    with started.server:
        yield started


@pytest.fixture
def watched(watching: Watched) -> Iterator[Watched]:
    yield watching
    watching.repair()


def change(server: MockServer) -> None:
    answer = server.send("PATCH", JOHNS, JOHN, json={"company": "Changed"})
    assert answer.status_code == 200


def is_changed(server: MockServer) -> bool:
    return bool(server.send("GET", JOHNS, JOHN).json()["company"] == "Changed")


def test_an_edited_contract_is_enforced_and_the_state_is_kept(watched: Watched) -> None:
    server = watched.server
    change(server)
    token = server.mint("johndoe", ["profile_write"])

    def another_scope(contract: Json) -> None:
        contract["paths"][GET_USER.template]["get"]["security"][1]["oauth2"] = ["profile_write"]

    message = watched.edit(watched.contract, another_scope)
    assert message.endswith("contract.yaml changed and was reloaded; the state is kept")
    problem(call(server, GET_USER, bearer("johndoe-profile_read")), 403, "scope-missing")
    answer = call(server, GET_USER, bearer(token))
    assert answer.json()["company"] == "Changed"
    served = server.send("GET", "/openapi.json").json()
    assert {**served, "servers": served["servers"][1:]} == read_yaml(watched.contract)
    page = server.send("GET", "/docs/get_user.html").text
    assert "<code>profile_write</code>" in page


def test_edited_fixtures_start_the_state_anew_in_every_sandbox(watched: Watched) -> None:
    server = watched.server
    change(server)
    token = server.mint("johndoe", ["profile_read"])
    sandbox = Sandboxed(server)
    sandbox.control("POST", "snapshots/before")
    sandbox.fault(operation="update_user", code=503)
    epoch = sandbox.send("GET", JANES, JANE).headers["x-mock-epoch"]

    def edit(fixtures: Json) -> None:
        fixtures["accounts"][0]["company"] = "From the fixtures"

    message = watched.edit(watched.fixtures, edit)
    assert message.endswith("the state starts anew from the fixtures in every sandbox")
    assert not is_changed(server)
    assert server.send("GET", JANES, JANE).json()["company"] == "From the fixtures"
    problem(call(server, GET_USER, bearer(token)), 401, "token-unknown")
    for one in (sandbox, Sandboxed(server)):
        assert one.state() == server.state()
    problem(sandbox.send("GET", JANES, headers={"X-Mock-Epoch": epoch}), 410, "sandbox-lost")
    answer = sandbox.send("POST", "/_mock/snapshots/before/restore")
    problem(answer, 404, "snapshot-unknown")
    assert len(sandbox.faults()) == 1
    assert sandbox.requests()[0]["status"] == 200


def test_fixtures_that_say_the_same_as_before_keep_the_state(watched: Watched) -> None:
    change(watched.server)
    write(watched.fixtures, watched.good[watched.fixtures] + b"# a comment\n")
    assert watched.wait_for("reloaded").endswith("the state is kept")
    assert is_changed(watched.server)


def test_a_broken_edit_keeps_the_last_good_version_and_says_what_is_wrong(
    watched: Watched,
) -> None:
    server = watched.server
    change(server)
    good = watched.good[watched.contract]
    line = 1 + good[: good.index(b"operationId: get_user")].count(b"\n")
    write(watched.contract, good.replace(b"operationId: get_user", b"operationId: read_user"))
    message = watched.wait_for("reload-failed")
    assert f"{watched.contract}:{line}:7: " in message
    assert "read_user" in message
    assert is_changed(server)
    assert b"operationId: get_user" in server.send("GET", "/openapi.yaml").content

    write(watched.fixtures, b"accounts: 3")
    message = watched.wait_for("reload-failed")
    assert f"{watched.fixtures}:1:1: " in message
    # Each file's faults are told as long as they are there.
    assert f"{watched.contract}:{line}:7: " in message
    assert is_changed(server)

    write(watched.contract, good)
    watched.wait_for("reload-failed")
    write(watched.fixtures, watched.good[watched.fixtures])
    watched.wait_for("reloaded")
    assert is_changed(server)


def test_a_file_that_vanishes_and_a_fifo_in_its_place_do_not_stop_the_watch(
    watched: Watched,
) -> None:
    watched.fixtures.unlink()
    assert "fixtures.yaml" in watched.wait_for("reload-failed")
    assert call(watched.server, GET_USER, JOHN).status_code == 200
    os.mkfifo(watched.fixtures)
    writer = os.open(watched.fixtures, os.O_RDWR)  # which never writes
    try:
        assert "is a FIFO now" in watched.wait_for("reload-failed")
        assert call(watched.server, GET_USER, JOHN).status_code == 200
        write(watched.fixtures, watched.good[watched.fixtures])
        watched.wait_for("reloaded")
    finally:
        os.close(writer)


def test_an_edit_is_seen_from_when_the_server_begins_to_start(tmp_path: Path) -> None:
    file = tmp_path / "fixtures.yaml"
    os.mkfifo(file)

    def edit_while_it_is_read() -> None:
        with file.open("wb") as before:
            write_yaml(file, {"accounts": []})
            before.write(FIXTURES_FILE.read_bytes())

    editing = Thread(target=edit_while_it_is_read, daemon=True)
    editing.start()
    with MockServer("--watch", "--fixtures", str(file)) as server:
        editing.join()
        server.log.find(lambda line: '"reloaded"' in line)
        problem(call(server, GET_USER, JOHN), 401)


def test_without_watch_nothing_is_reloaded(watched: Watched, start_server: StartServer) -> None:
    server = start_server("--fixtures", str(watched.fixtures))
    # A server that watches sees both edits: between them, this one would have seen the first.
    edits: list[Json] = [{"accounts": []}, {"accounts": FIXTURES["accounts"][:1]}]
    for edit in edits:
        write_yaml(watched.fixtures, edit)
        watched.wait_for("reloaded")
    server.reset()
    assert call(server, GET_USER, JOHN).status_code == 200
