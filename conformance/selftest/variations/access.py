"""Variations of access: orders of the checks, challenges, other methods and media types."""

from __future__ import annotations

import re
from typing import Any

from conformance.selftest.changes import ids, variation, variation_row, variations
from conformance.selftest.overrides import failing, refuses
from conformance.selftest.reference.access import CHALLENGES
from conformance.selftest.reference.calls import Call, Refusal, Reply, Route
from conformance.selftest.reference.routes import OPERATIONS, READING, WRITING
from conformance.selftest.reference.service import Service
from conformance.selftest.variations import clauses

CHALLENGE = (*ids("unauthenticated/challenge", OPERATIONS), *ids("forbidden/challenge", OPERATIONS))
OTHER_METHODS = ("user/other-methods", "emails/other-methods")
OTHER_TYPES = ids("media-type", WRITING)

# -- orders of the checks -------------------------------------------------------------------------


@variation("Scopes are looked at before the username.", clauses.SCOPE_OR_404, visible=False)
class ScopeBeforeUsername(Service):
    def check_existence(self, call: Call) -> None:
        self.check_scope(call)
        super().check_existence(call)


@variation("Scopes are looked at before the owner.", clauses.SCOPE_OR_OWNER, visible=False)
class ScopeBeforeOwner(Service):
    def check_owner(self, call: Call) -> None:
        self.check_scope(call)
        super().check_owner(call)


@variation("The media type is looked at before the login.", clauses.SHOULD, visible=False)
class TypeBeforeLogin(Service):
    def admit(self, call: Call) -> None:
        typed = call.headers.get("content-type")
        known = call.is_form or "json" in call.media_type
        if call.operation not in READING and typed and not known:
            self.other_media_type(call)
        super().admit(call)


# -- challenges -----------------------------------------------------------------------------------


variations(
    clauses.HTTP,
    {
        "challenges-in-one-field: Both challenges stand in one header field.": [
            ", ".join(CHALLENGES)
        ],
        "challenges-bearer-first: The Bearer challenge comes first.": CHALLENGES[::-1],
    },
    lambda values: refuses("unauthorized", 401, *(("WWW-Authenticate", one) for one in values)),
)


@variation("The challenges have schemes in other cases, and no charset.", clauses.HTTP)
class ChallengesInOtherCases(Service):
    def refuse(self, call: Call, refusal: Refusal) -> Reply:
        reply = super().refuse(call, refusal)
        for number, (name, value) in enumerate(reply.headers):
            if name == "WWW-Authenticate":
                plain = re.sub(r', charset="[^"]*"', "", value)
                other = plain.replace("Bearer", "bearer").replace("Basic", "BASIC")
                reply.headers[number] = ("www-authenticate", other)
        return reply


@variation("401 and 403 carry no WWW-Authenticate.", clauses.SHOULD, misses=CHALLENGE)
class NoChallenges(Service):
    def refuse(self, call: Call, refusal: Refusal) -> Reply:
        reply = super().refuse(call, refusal)
        reply.headers = [one for one in reply.headers if one[0].lower() != "www-authenticate"]
        return reply


# -- HEAD and OPTIONS -----------------------------------------------------------------------------


@variation("HEAD and OPTIONS are 405.", clauses.HEAD_OPTIONS, visible=False)
class HeadAndOptionsNotAllowed(Service):
    def route(self, call: Call, path: str) -> Route:
        if call.method in {"HEAD", "OPTIONS"}:
            raise Refusal(405, "not this method", ("Allow", "GET, POST, PATCH, DELETE"))
        return super().route(call, path)


# -- what is refused with another status ----------------------------------------------------------

for _name, _sentence, _misses, _method, _status in (
    ("other-methods", "Other methods are 501.", OTHER_METHODS, "other_method", 501),
    ("other-types", "Other media types are 406.", OTHER_TYPES, "other_media_type", 406),
    (
        *("untyped-bodies", "Untyped bodies are 415."),
        *(ids("json-without-content-type", WRITING), "untyped_fields", 415),
    ),
):
    _override: dict[str, Any] = {_method: failing(_status)}
    variation_row(f"{_name}-are-{_status}", _sentence, clauses.SHOULD, misses=_misses, **_override)
variation_row(
    "other-media-types-are-read",
    "Other media types are read as JSON.",
    clauses.SHOULD,
    misses=OTHER_TYPES,
    other_media_type=lambda self, call: self.json_fields(call),
)
