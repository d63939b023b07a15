"""`pytest --pyargs conformance`: one test per requirement, chosen, stopped and reported as pytest does."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from conformance.catalogue.requirements import catalogue
from conformance.reports import visible
from conformance.runner.pytest_door import Plugin
from conformance.runner.suite import Suite
from conformance.selftest.reference.calls import Call, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.stage import Stage, perform, write_target
from conformance.settings import Settings
from tests.conformance.runner.test_hostile_targets import ATTACK
from tests.conformance.runner.test_own_failures import PLANTED, plant

pytest_plugins = ["pytester"]

OFF = [f"-pno:{one}" for one in ("cacheprovider", "schemathesis", "hypothesispytest", "anyio")]


class Watched(Service):
    """A service that keeps the methods of its requests."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.threads: set[int] = set()
        self.before = self.data()

    def answer(self, call: Call) -> Reply:
        self.seen.append(call.method)
        self.threads.add(threading.get_ident())
        return super().answer(call)

    def data(self) -> object:
        rows = {(one.username, one.email, one.verified, one.is_primary) for one in self.store.rows}
        return rows, [replace(one, gravatar_changes=0) for one in self.store.users.values()]


Run = Callable[..., pytest.RunResult]


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Import all that a run needs: what is first imported within a test of pytester is forgotten at its end."""
    perform(Service(), only=("get-user/json",))


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run the suite by pytest in this process, against a service."""

    def start(
        service: Service, *options: str, parallel: bool = False, **settings: Any
    ) -> pytest.RunResult:
        target = pytester.path / "target.yaml"
        write_target(target, service)
        chosen = Settings(target, seed=1, max_examples=1, patience=0.0, **settings)
        plugin = Plugin(Suite(chosen, Stage(service, parallel=parallel)))
        return pytester.runpytest_inprocess(
            *OFF, "--pyargs", "conformance", *options, plugins=[plugin]
        )

    return start


def statuses(done: pytest.RunResult, word: str) -> list[str]:
    """The requirements that pytest tells a word of, with -v."""
    return re.findall(rf"::(\S+) {word}", done.stdout.str())


def test_each_requirement_is_a_test_and_only_what_is_chosen_is_sent(run: Run) -> None:
    service = Watched()

    done = run(service, "-v", "-k", "get-user and owner")

    assert done.ret == 0
    done.stdout.fnmatch_lines(["*test_access.py::get-user/forbidden/owner-basic PASSED*"])
    assert len(statuses(done, "PASSED")) == 2
    assert len(service.seen) < 150
    assert service.data() == service.before


def test_what_can_run_at_the_same_time_does(run: Run) -> None:
    alone, together = Watched(), Watched()
    chosen = ("-v", "-k", "get-user/forbidden or add-email/listed")

    found = [statuses(run(alone, *chosen), "PASSED")]
    found.append(statuses(run(together, *chosen, parallel=True), "PASSED"))

    assert found[0] == found[1] != []
    assert (len(alone.threads), len(together.threads) > 2) == (1, True)
    assert together.data() == together.before


def test_listing_sends_nothing(run: Run) -> None:
    service = Watched()

    done = run(service, "--collect-only", "-q")

    assert done.ret == 0
    listed = [line.partition("::")[2] for line in done.outlines if "::" in line]
    assert sorted(listed) == sorted(catalogue())
    assert service.seen == []


@pytest.mark.parametrize(
    ("chosen", "settings", "code"),
    [
        ("get-user/json", {}, 0),
        ("update-user/success", {"read_only": True}, 3),
        ("no-such-requirement", {}, 3),
        ("get-user/json", {"only": ("no-such-thing",)}, 2),
        ("get-user/json", {"report": (Path("report.txt"),)}, 2),
    ],
)
def test_the_exit_codes_are_those_of_conformance_run(
    run: Run, chosen: str, settings: dict[str, Any], code: int
) -> None:
    done = run(Watched(), "-k", chosen, **settings)

    assert done.ret == code


class AcceptsEverybody(Watched):
    """Two defects in the order of the requirements: no scope is demanded, and none of a user."""

    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        if call.operation in ("get_user", "list_emails") and reply.status == 403:
            return self.json_reply(404, {"detail": "no scope"})
        return reply


def test_a_failure_is_told_with_its_request_and_stops_the_tests_after_x(run: Run) -> None:
    service = AcceptsEverybody()

    done = run(service, "-x", "--junitxml=junit.xml", "-k", "owner-basic")

    assert done.ret == 1
    done.stdout.fnmatch_lines(
        [
            "  expected: status 403",
            "  actual:   404*",
            "  curl * -u *",
            "conformance: verdict: nonconformant",
        ]
    )
    assert done.parseoutcomes()["failed"] == 1
    assert service.data() == service.before
    (failure,) = ElementTree.parse("junit.xml").iter("failure")  # noqa: S314 - it is our own
    assert "expected: status 403" in str(failure.text)


class RefusesLongNames(Watched):
    """An unknown user is not found, which a check tells; a long name, of a check of other things, is refused otherwise."""

    def answer(self, call: Call) -> Reply:
        reply = super().answer(call)
        return Reply(401, b"") if "xxxxxx" in call.target and reply.status == 404 else reply


def test_a_failure_that_is_found_when_its_test_has_passed_fails_it(run: Run) -> None:
    done = run(RefusesLongNames(), "-v", "-k", "get-user/not-found or get-user/documented-answers")

    assert done.ret == 1
    told = re.findall(r"::get-user/(\S+) (PASSED|FAILED) ", done.stdout.str())
    assert told == [
        ("not-found/username", "PASSED"),
        ("documented-answers", "PASSED"),
        ("not-found/username", "FAILED"),
    ]


def test_a_failing_should_warns_and_fails_at_its_level(run: Run) -> None:
    class NoChallenge(Watched):
        def answer(self, call: Call) -> Reply:
            reply = super().answer(call)
            reply.headers = [one for one in reply.headers if one[0] != "WWW-Authenticate"]
            return reply

    chosen = ("-k", "get-user/unauthenticated", "-W", "default")
    warned = run(NoChallenge(), *chosen)
    assert warned.ret == 0
    warned.stdout.fnmatch_lines(["*PytestWarning*", "*expected: *"])
    assert run(NoChallenge(), *chosen, level="should").ret == 1


def test_the_checks_need_a_target(pytester: pytest.Pytester) -> None:
    done = pytester.runpytest_inprocess(*OFF, "--pyargs", "conformance")

    assert done.ret == 2
    done.stdout.fnmatch_lines(["*--conformance-target*"])


def test_workers_of_pytest_are_refused(pytester: pytest.Pytester) -> None:
    write_target(pytester.path / "target.yaml", Service())

    done = pytester.runpytest_subprocess(
        *OFF, "--pyargs", "conformance", "--conformance-target=target.yaml", "-n2"
    )

    assert done.ret == 2
    done.stderr.fnmatch_lines(["*leave out -n*"])


@pytest.mark.parametrize("place", [one for one in PLANTED if one != "on the terminal"])
def test_a_defect_of_ours_is_no_verdict(
    run: Run, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    service = Watched()
    plant(place, monkeypatch)

    done = run(service, "-k", "get-user/json", report=(Path("report.json"),))

    assert done.ret == 2
    err = done.stderr.str()
    assert "LookupError: planted \\u001b[31m" in err
    assert "please report this" in err
    assert "Traceback" not in err
    assert service.data() == service.before


class Attacks(Service):
    def answer(self, call: Call) -> Reply:
        return Reply(500, ATTACK.encode(), [("Content-Type", "text/plain; charset=utf-8")])


def test_nothing_that_a_target_sends_steers_the_terminal(run: Run) -> None:
    done = run(Attacks(), "-rs", "-k", "get-user")

    assert done.ret == 1
    said = [*done.outlines, *done.errlines]
    assert any("owned" in line for line in said), "what the target sent is told"
    assert [line for line in said if visible(line) != line] == []
