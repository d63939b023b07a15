"""The suite over real sockets: in every framing of HTTP, right answers pass, and wrong ones are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.catalogue.results import RunResult, Status
from conformance.runner.suite import Suite
from conformance.selftest.reference.calls import Call, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.stage import write_target
from conformance.settings import Settings
from tests.conformance.reference_server import Framing, serving

FRAMINGS = {
    "in chunks, with a trailer": Framing(
        chunked=True, trailer=b";last=1\r\nServer-Timing: total;dur=3"
    ),
    "in HTTP/1.0": Framing(version="HTTP/1.0"),
    "compressed": Framing(gzip=True),
    "after 100, 102 and 103": Framing(
        interim=("100 Continue", "102 Processing", "103 Early Hints\r\nLink: </a.css>; rel=preload")
    ),
    "on a connection each": Framing(closes_after=1),
    "on connections that end after five, without a word": Framing(closes_after=5, silent=True),
    "unread beyond one KiB": Framing(longest_body=1024),
}
# Successes with and without a body, refusals, long bodies, and readings that use a connection again.
ONLY = (
    "get-user/own-data",
    "update-user/sets-full-name",
    "list-emails/forbidden/owner",
    "add-email/form",
    "delete-email/documented-answers",
    "delete-email/no-body",
    "update-email/unauthenticated/missing",
    "update-email/makes-primary",
    "user/other-methods",
)


@pytest.mark.parametrize("framing", FRAMINGS.values(), ids=FRAMINGS)
def test_what_is_right_passes(framing: Framing, tmp_path: Path) -> None:
    result = judged(Service(), framing, tmp_path)

    assert result.exit_code == 0, failures(result)
    assert len(result.requirements) >= len(ONLY)
    assert {one.status for one in result.requirements} == {Status.PASSED}


class BodyBehindNothing(Service):
    def delete_email(self, call: Call) -> Reply:
        reply = super().delete_email(call)
        reply.body = b"{}"
        return reply


@pytest.mark.parametrize("framing", [Framing(), Framing(version="HTTP/1.0")], ids=["1.1", "1.0"])
def test_a_body_where_none_may_be_is_found(framing: Framing, tmp_path: Path) -> None:
    result = judged(BodyBehindNothing(), framing, tmp_path)

    assert result.exit_code == 1
    assert failures(result) == ["delete-email/no-body"]


def judged(service: Service, framing: Framing, folder: Path) -> RunResult:
    """The result of a run over sockets."""
    target = folder / "target.yaml"
    with pytest.MonkeyPatch.context() as patch, serving(service, framing) as url:
        patch.setenv("NO_PROXY", "127.0.0.1")
        write_target(target, service, url)
        suite = Suite(Settings(target=target, only=ONLY, seed=1, max_examples=1))
        assert suite.begin(), suite.error
        suite.perform_all()
    assert suite.result is not None
    return suite.result


def failures(result: RunResult) -> list[str]:
    return [one.requirement.id for one in result.requirements if one.status is Status.FAILED]
