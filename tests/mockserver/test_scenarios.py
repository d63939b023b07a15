"""Scenarios and snapshots: named starting points, and worlds that are kept and put back."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from mockserver.cli import main
from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    BY_ID,
    EMAILS,
    FIXTURES,
    JANE,
    JANES,
    JANES_EMAILS,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    OPERATIONS,
    Json,
    StartServer,
    bearer,
    problem,
    run,
    write_yaml,
)


def enter(sandbox: Sandboxed, scenario: str) -> None:
    sandbox.control("POST", f"scenarios/{scenario}")


def jane(sandbox: Sandboxed) -> Json:
    account: Json = sandbox.state()["accounts"][0]
    assert account["username"] == "janedoe"
    return account


# The scenarios that come with the server


def test_the_scenarios_are_listed_with_what_they_are_good_for(sandbox: Sandboxed) -> None:
    listed = {one["name"]: one["description"] for one in sandbox.control("GET", "scenarios")}
    assert list(listed) == ["fresh-user", "no-verified-email", "many-emails", "inactive"]
    assert all(len(description) > 10 for description in listed.values())


def test_a_fresh_user_has_an_empty_profile_and_no_verified_address(sandbox: Sandboxed) -> None:
    enter(sandbox, "fresh-user")
    profile = sandbox.send("GET", JANES, JANE).json()
    for member in ("full_name", "location", "company", "profile_url"):
        assert profile[member] == ""
    [email] = sandbox.send("GET", JANES_EMAILS, JANE).json()
    assert email == {"email": profile["email"], "verified": False, "primary": True}


def test_without_a_verified_address_each_has_its_primary_one(sandbox: Sandboxed) -> None:
    enter(sandbox, "no-verified-email")
    for account in sandbox.state()["accounts"][:2]:
        assert not any(email["verified"] for email in account["emails"])
        assert sum(email["primary"] for email in account["emails"]) == 1


def test_many_emails_are_500_and_all_of_them_are_listed(sandbox: Sandboxed) -> None:
    enter(sandbox, "many-emails")
    emails = sandbox.send("GET", JANES_EMAILS, JANE).json()
    assert len(emails) == len({email["email"] for email in emails}) == 500
    last = {"email": emails[-1]["email"]}
    assert sandbox.send("DELETE", JANES_EMAILS, JANE, json=last).status_code == 204


def test_an_inactive_user_is_refused_with_every_credential(sandbox: Sandboxed) -> None:
    enter(sandbox, "inactive")
    for authorization in (JANE, bearer("janedoe-all")):
        problem(sandbox.send("GET", JANES, authorization), 401, "account-inactive")
    assert sandbox.send("GET", JOHNS, JOHN).status_code == 200


@pytest.mark.parametrize("name", ["fresh-user", "no-verified-email", "many-emails", "inactive"])
def test_a_scenario_starts_anew_each_time_it_is_entered(sandbox: Sandboxed, name: str) -> None:
    enter(sandbox, name)
    fresh = sandbox.state()
    change = {"email": "jane+added@example.com"}
    sandbox.send("POST", JANES_EMAILS, JANE, json=change)
    sandbox.send("PATCH", JOHNS, JOHN, json={"full_name": "Somebody"})
    sandbox.control("POST", "tokens", {"username": "johndoe", "scopes": []})
    assert sandbox.state() != fresh
    enter(sandbox, name)
    assert sandbox.state() == fresh


def test_from_a_scenario_a_reset_goes_back_to_the_fixtures(sandbox: Sandboxed) -> None:
    before = sandbox.state()
    enter(sandbox, "many-emails")
    sandbox.control("POST", "reset")
    assert sandbox.state() == before


def test_a_scenario_leaves_faults_and_journal(sandbox: Sandboxed) -> None:
    sandbox.send("GET", JANES, JANE)
    sandbox.fault(code=503, times=1)
    enter(sandbox, "fresh-user")
    assert len(sandbox.requests()) == 1
    assert len(sandbox.faults()) == 1


def test_a_scenario_is_entered_in_one_sandbox_only(sandbox: Sandboxed) -> None:
    before = sandbox.server.state()
    enter(sandbox, "inactive")
    assert sandbox.server.state() == before == Sandboxed(sandbox.server).state()


def test_an_unknown_scenario_is_refused_with_the_known_ones(sandbox: Sandboxed) -> None:
    before = sandbox.state()
    answer = sandbox.send("POST", "/_mock/scenarios/fresh-users")
    assert "fresh-user, no-verified-email" in problem(answer, 404, "scenario-unknown")["detail"]
    assert sandbox.state() == before


# Those of one's own


def test_a_scenario_of_ones_own_changes_what_it_says(
    start_server: StartServer, tmp_path: Path
) -> None:
    data = copy.deepcopy(FIXTURES)
    data["scenarios"] = {
        "moved": {
            "description": "johndoe has moved, and has a friend.",
            "accounts": [
                {"username": "johndoe", "location": "Elsewhere"},
                {
                    "username": "friend",
                    "password": "friend-password",
                    "emails": [{"email": "friend@example.com", "primary": True}],
                },
            ],
            "tokens": [{"token": "friends-token", "username": "friend", "scopes": ["email_read"]}],
        }
    }
    file = write_yaml(tmp_path / "fixtures.yaml", data)
    sandbox = Sandboxed(start_server("--fixtures", str(file)))
    before = sandbox.state()
    assert [one["name"] for one in sandbox.control("GET", "scenarios")] == ["moved"]
    enter(sandbox, "moved")
    after = sandbox.state()
    assert after["accounts"][0] == before["accounts"][0]
    assert after["accounts"][1] == {**before["accounts"][1], "location": "Elsewhere"}
    assert after["tokens"][:-1] == before["tokens"]
    friends = EMAILS.replace("{username}", "friend")
    assert sandbox.send("GET", friends, bearer("friends-token")).status_code == 200


BROKEN: list[tuple[Any, str]] = [
    ({"name": {"accounts": []}}, "description"),
    ({"name": {"description": "x", "accountz": []}}, "accountz"),
    ({"a name": {"description": "x"}}, "letters, digits"),
    ({"name": {"description": "x", "accounts": [{"username": "new"}]}}, "password"),
    (
        {"name": {"description": "x", "tokens": [{"token": "t", "username": "no", "scopes": []}]}},
        "no account has the username",
    ),
    ({"name": {"description": "x", "accounts": [{"username": "johndoe", "emails": []}]}}, "emails"),
    ([], "scenarios"),
]


@pytest.mark.parametrize(("scenarios", "complaint"), BROKEN)
def test_a_broken_scenario_is_named_with_file_line_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], scenarios: Any, complaint: str
) -> None:
    file = write_yaml(tmp_path / "fixtures.yaml", {**FIXTURES, "scenarios": scenarios})
    with pytest.raises(SystemExit) as end:
        main(["check", "--fixtures", str(file)])
    assert end.value.code == 2
    place, _, message = capsys.readouterr().err.partition(": ")
    name, line, column = place.rsplit(":", 2)
    assert name == str(file)
    assert int(line) > file.read_text().splitlines().index(
        "scenarios: []" if scenarios == [] else "scenarios:"
    )
    assert int(column) >= 1
    assert complaint in message


def test_a_server_does_not_start_with_a_broken_scenario(tmp_path: Path) -> None:
    file = write_yaml(tmp_path / "fixtures.yaml", {**FIXTURES, "scenarios": BROKEN[0][0]})
    ended = run("serve", "--port", "0", "--fixtures", str(file))
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"{file}:")
    assert "Traceback" not in ended.stderr


# Snapshots


def change_everything(sandbox: Sandboxed) -> None:
    """Change accounts, addresses and tokens."""
    for operation in OPERATIONS:
        body = {} if operation.body is None else {"json": operation.body}
        assert sandbox.send(operation.method, operation.path(), JOHN, **body).is_success
    sandbox.control("POST", "tokens", {"username": "johndoe", "scopes": ["email_read"]})
    sandbox.control("DELETE", "tokens/janedoe-all")


def test_a_snapshot_is_restored_exactly(sandbox: Sandboxed) -> None:
    change_everything(sandbox)
    kept = sandbox.state()
    sandbox.control("POST", "snapshots/kept")
    for spoil in ("reset", "scenarios/inactive"):
        sandbox.control("POST", spoil)
        assert sandbox.state() != kept
        sandbox.control("POST", "snapshots/kept/restore")
        assert sandbox.state() == kept
    problem(sandbox.send("GET", JANES, bearer("janedoe-all")), 401, "token-revoked")
    minted = bearer(kept["tokens"][-1]["token"])
    assert sandbox.send("GET", JOHNS_EMAILS, minted).is_success


def test_what_is_changed_after_a_restore_does_not_change_the_snapshot(sandbox: Sandboxed) -> None:
    before = sandbox.state()
    sandbox.control("POST", "snapshots/kept")
    for _ in range(2):
        change_everything(sandbox)
        sandbox.control("POST", "snapshots/kept/restore")
        assert sandbox.state() == before


def test_a_snapshot_of_the_same_name_replaces_the_older_one(sandbox: Sandboxed) -> None:
    sandbox.control("POST", "snapshots/kept")
    sandbox.send("PATCH", JANES, JANE, json={"location": "Here"})
    sandbox.control("POST", "snapshots/kept")
    sandbox.control("POST", "reset")
    sandbox.control("POST", "snapshots/kept/restore")
    assert jane(sandbox)["location"] == "Here"


def test_snapshots_outlive_a_reset(sandbox: Sandboxed) -> None:
    sandbox.control("POST", "snapshots/kept")
    sandbox.control("POST", "reset")
    sandbox.control("POST", "snapshots/kept/restore")


def test_an_unknown_snapshot_is_refused_with_the_known_ones(sandbox: Sandboxed) -> None:
    sandbox.control("POST", "snapshots/kept")
    answer = sandbox.send("POST", "/_mock/snapshots/lost/restore")
    assert "there are: kept" in problem(answer, 404, "snapshot-unknown")["detail"]


@pytest.mark.parametrize("kind", ["scenarios/{}", "snapshots/{}", "snapshots/{}/restore"])
@pytest.mark.parametrize("name", ["a%20b", "x" * 65, "%C3%A9", "a,b"])
def test_a_bad_name_is_refused(sandbox: Sandboxed, kind: str, name: str) -> None:
    answer = sandbox.send("POST", f"/_mock/{kind.format(name)}")
    assert answer.status_code in (400, 404)
    problem(answer, answer.status_code)


def test_there_is_an_end_to_the_number_of_snapshots(sandbox: Sandboxed) -> None:
    for number in range(100):
        sandbox.control("POST", f"snapshots/number-{number}")
    answer = sandbox.send("POST", "/_mock/snapshots/one-more")
    problem(answer, 400, "too-many-snapshots")
    sandbox.control("POST", "snapshots/number-7")


def test_a_restored_world_is_served_at_once(sandbox: Sandboxed) -> None:
    sandbox.control("POST", "snapshots/kept")
    enter(sandbox, "inactive")
    problem(sandbox.send("GET", JANES, JANE), 401)
    sandbox.control("POST", "snapshots/kept/restore")
    assert sandbox.send(BY_ID["get_user"].method, JANES, JANE).status_code == 200
