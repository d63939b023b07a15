"""The generated checks: each finds what is planted, by the smallest request, and the same with the same seed."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

from conformance.mutants.builds import Build, Change
from conformance.mutants.messages import Forward, Request, Response, answer
from conformance.mutants.stage import perform
from conformance.mutants.wires import refused
from conformance.results import CheckResult, Status
from tests.conformance.gateway import gateway
from tests.conformance.support import conformance, write_target
from tests.support import MockServer


def _members(request: Request) -> dict[str, object]:
    found = request.members()
    return found if isinstance(found, dict) else {}


def _found(change: Change, *only: str, max_examples: int = 12) -> dict[str, CheckResult]:
    """What failed, by the names of the checks."""
    result = perform(change, only=only, max_examples=max_examples).result
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


def test_a_failing_request_is_shrunk_to_what_it_fails_by() -> None:
    refuses_company = refused(lambda request: "company" in _members(request), 400, ["update_user"])
    failed = _found(refuses_company, "update-user/success")

    for name in (
        "valid requests are accepted [update_user]",
        "what covers the valid requests is accepted [update_user, JSON]",
    ):
        assert set(_body(failed[name])) == {"company"}
    generated = _body(failed["valid requests are accepted [update_user]"])
    assert len(str(generated["company"])) == 1


def test_an_invalid_value_beside_valid_ones_is_shown_alone() -> None:
    def crashes(request: Request) -> bool:
        return isinstance(_members(request).get("location"), bool)

    failed = _found(refused(crashes, 500, ["update_user"]), "update-user/documented-answers")

    check = failed["what covers the invalid requests is refused [update_user, JSON]"]
    assert set(_body(check)) == {"location"}


def _second_update_lost(build: Build) -> None:
    """The second update of an address says that there is none."""
    updates: Counter[object] = Counter()

    async def layer(request: Request, forward: Forward) -> Response:
        response = await forward(request)
        if request.operation == "update_email" and response.status == 200:
            address = _members(request).get("email")
            updates[address] += 1
            return answer(404) if updates[address] > 1 else response
        return response

    build.layers.append(layer)


def test_what_only_a_sequence_shows_is_found_along_the_links() -> None:
    failed = _found(
        _second_update_lost,
        "update-email/success",
        "update-email/documented-answers",
        max_examples=40,
    )

    check = failed["sequences that follow the links keep their state"]
    assert check.curl.startswith("curl -i -X PATCH")


def test_the_same_seed_sends_the_same_requests(server: MockServer, tmp_path: Path) -> None:
    sent = []
    for seed in (7, 7, 8):
        with gateway(server.url) as way:
            target = write_target(tmp_path, f"http://127.0.0.1:{way.port}")
            options = ("--only", "update-email/success", "--max-examples", 3, "--seed", seed)
            done = conformance("run", target, *options)
            assert done.code == 0, done.out + done.err
            # The mark of a run is another each time, and of the same length.
            sent.append(
                [(one.method, one.target, one.headers.get("content-length")) for one in way.passed]
            )
    assert sent[0] == sent[1]
    assert sent[0] != sent[2]
