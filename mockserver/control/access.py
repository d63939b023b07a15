"""Access to the control API."""

from __future__ import annotations

from dataclasses import dataclass, field

from mockserver.pipeline.access import same
from mockserver.pipeline.cors import OriginPolicy
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.problems import Problem
from mockserver.pipeline.request import Request


@dataclass(frozen=True, slots=True)
class ControlAccess:
    """The access rule of the guarded operations: pages by their origin, and everybody by a token if one is set."""

    policy: OriginPolicy
    token: str | None = field(default=None, repr=False)

    def admit(self, request: Request, outcome: Outcome) -> None:
        """Let a request in.

        Raises:
            Problem: 403 for the wrong host or origin; 401 for a missing or wrong control token.
        """
        outcome.guarded = True
        self.policy.check(request)
        if self.token is None:
            return
        sent = request.headers.get(b"authorization", b"").decode("latin-1")
        scheme, _, token = sent.partition(" ")
        if scheme.lower() != "bearer":
            detail = "the control API asks for the control token here: send Authorization: Bearer TOKEN, with what --control-token says"
            raise _unauthenticated("control-token-missing", detail)
        if not same(token.strip(), self.token):
            detail = "this is not the control token of this server: send what --control-token says"
            raise _unauthenticated("control-token-wrong", detail)


def _unauthenticated(code: str, detail: str) -> Problem:
    return Problem(
        401, code, detail, headers=[(b"www-authenticate", b'Bearer realm="control API"')]
    )
