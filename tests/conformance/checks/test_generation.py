"""The generated checks: each finds what is planted, by the smallest request, and the same with the same seed."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from conformance.catalogue.results import CheckResult, Status
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.stage import perform
from tests.conformance.proxy import gateway
from tests.conformance.support import run, write_target
from tests.support import PATIENCE, MockServer, run_module


def _found(service: Service, *only: str) -> dict[str, CheckResult]:
    """The failures, by the names of the checks."""
    result = perform(service, only=only).result
    assert result
    return {
        check.name: check
        for one in result.requirements
        for check in one.checks
        if check.status is Status.FAILED
    }


def _body(check: CheckResult) -> dict[str, object]:
    """The JSON body of the request that shows a failure."""
    match = re.search(r"--data-binary '(.*)'", check.curl)
    assert match, check.curl
    sent: dict[str, object] = json.loads(match[1])
    return sent


class RefusesCompany(Service):
    def check_members(self, call: Call) -> None:
        if call.operation == "update_user" and "company" in call.fields:
            raise Refusal(400, "no company")


def test_a_failing_request_is_shrunk_to_what_it_fails_by() -> None:
    failed = _found(RefusesCompany(), "update-user/success")

    for name in (
        "valid requests are accepted [update_user]",
        "what covers the valid requests is accepted [update_user, JSON]",
    ):
        assert set(_body(failed[name])) == {"company"}
    generated = _body(failed["valid requests are accepted [update_user]"])
    assert len(str(generated["company"])) == 1


class CrashesAtBooleans(Service):
    def check_members(self, call: Call) -> None:
        if isinstance(call.fields.get("location"), bool):
            raise Refusal(500, "no text")


def test_an_invalid_value_beside_valid_ones_is_shown_alone() -> None:
    failed = _found(CrashesAtBooleans(), "update-user/documented-answers")

    check = failed["what covers the invalid requests is refused [update_user, JSON]"]
    assert set(_body(check)) == {"location"}


class TeapotThenCrash(CrashesAtBooleans):
    """Besides, a company that is no text gets an answer that nobody documents."""

    def check_members(self, call: Call) -> None:
        super().check_members(call)
        if not isinstance(call.fields.get("company", ""), str):
            raise Refusal(418, "no company")


def test_a_worse_answer_behind_another_wrong_one_is_told_too() -> None:
    result = perform(TeapotThenCrash(), only=("update-user/documented-answers",)).result

    assert result
    checks = [one for requirement in result.requirements for one in requirement.checks]
    name = "what covers the invalid requests is refused [update_user, JSON]"
    told = [one.actual for one in checks if one.name == name]
    assert len(told) == 2
    assert all(any(f"status {one}" in words for words in told) for one in (418, 500))


class ForgetsToRefuse(Service):
    """One of many refusals is carried out all the same."""

    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        if call.fields.get("location", "") is None:
            self.store.change_user(call.username, company="x")
        return reply


def test_the_request_of_a_group_that_changed_something_is_named() -> None:
    failed = _found(
        ForgetsToRefuse(), "update-user/documented-answers", "update-user/refused-unchanged"
    )

    check = failed["what covers the invalid requests is refused [update_user, JSON]"]
    assert _body(check) == {"location": None}


class SecondUpdateLost(Service):
    """The second update of an address says that there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.updates: Counter[object] = Counter()

    def update_email(self, call: Call) -> Reply:
        reply = super().update_email(call)
        self.updates[call.fields["email"]] += 1
        if self.updates[call.fields["email"]] > 1:
            raise Refusal(404, "there is none")
        return reply


def test_what_only_a_sequence_shows_is_found_along_the_links() -> None:
    failed = _found(SecondUpdateLost(), "update-email/success")

    check = failed["sequences that follow the links keep their state"]
    sent = [step.curl.split()[3] for step in check.steps]
    assert sent == ["POST", "PATCH", "PATCH"]


def test_nothing_is_left_in_the_current_folder(server: MockServer, tmp_path: Path) -> None:
    folder, caches = tmp_path / "here", tmp_path / "caches"
    folder.mkdir()
    options = ("--only", "update-email/success", "--max-examples", "1")
    target = write_target(tmp_path, server.url)

    done = run_module(
        *("conformance.cli", "run", str(target), *options),
        folder=folder,
        environment={"XDG_CACHE_HOME": str(caches)},
        patience=PATIENCE * 4,
    )

    assert done.returncode == 0, done.stderr
    assert list(folder.iterdir()) == []
    assert [one.name for one in caches.iterdir()] == ["hypothesis"]


def test_the_same_seed_sends_the_same_requests(server: MockServer, tmp_path: Path) -> None:
    sent = []
    for seed in (7, 7, 8):
        with gateway(upstream=server.url) as way:
            options = ("--only", "update-email/success", "--max-examples", 3, "--seed", seed)
            # Over several connections they are the same, and in no certain order.
            done = run(tmp_path, way.url, *options, change=lambda data: data.update(connections=1))
            assert done.code == 0, done.said
            # The mark of a run is another each time, and of the same length.
            sent.append([(one.method, one.path, len(one.body)) for one in way.passed])
    assert sent[0] == sent[1]
    assert sent[0] != sent[2]
