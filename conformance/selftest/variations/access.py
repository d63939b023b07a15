"""Variations of access: orders of the checks, challenges, other methods and media types."""

from __future__ import annotations

import re

from conformance.selftest.changes import ids, variation, variation_row, variations
from conformance.selftest.overrides import before, failing, refuses
from conformance.selftest.reference.access import CHALLENGES
from conformance.selftest.reference.calls import Call, Refusal, Reply, refuse
from conformance.selftest.reference.routes import OPERATIONS, READING, WRITING
from conformance.selftest.reference.service import Service
from conformance.selftest.variations import clauses

# -- orders of the checks -------------------------------------------------------------------------


def _scope(self: Service, call: Call) -> None:
    self.check_scope(call)


def _media_type(self: Service, call: Call) -> None:
    known = call.is_form or "json" in call.media_type
    if call.operation not in READING and call.headers.get("content-type") and not known:
        self.other_media_type(call)


variations(
    "",
    {
        "scope-before-username: Scopes are looked at before the username.": (
            clauses.SCOPE_OR_404,
            before("check_existence", _scope),
        ),
        "scope-before-owner: Scopes are looked at before the owner.": (
            clauses.SCOPE_OR_OWNER,
            before("check_owner", _scope),
        ),
        "type-before-login: The media type is looked at before the login.": (
            clauses.SHOULD,
            before("admit", _media_type),
        ),
        "head-and-options-not-allowed: HEAD and OPTIONS are 405.": (
            clauses.HEAD_OPTIONS,
            before(
                "route",
                lambda self, call, path: call.method in {"HEAD", "OPTIONS"} and refuse(405),
            ),
        ),
    },
    visible=False,
)

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


@variation(
    "401 and 403 carry no WWW-Authenticate.",
    clauses.SHOULD,
    misses=ids("unauthenticated/challenge", OPERATIONS) + ids("forbidden/challenge", OPERATIONS),
)
class NoChallenges(Service):
    def refuse(self, call: Call, refusal: Refusal) -> Reply:
        reply = super().refuse(call, refusal)
        reply.headers = [one for one in reply.headers if one[0].lower() != "www-authenticate"]
        return reply


# -- what is refused with another status ----------------------------------------------------------

variation_row(
    *("other-methods-are-501", "Other methods are 501.", clauses.SHOULD),
    misses=("user/other-methods", "emails/other-methods"),
    other_method=failing(501),
)
variation_row(
    *("untyped-bodies-are-415", "Untyped bodies are 415.", clauses.SHOULD),
    misses=ids("json-without-content-type", WRITING),
    untyped_fields=failing(415),
)
variations(
    clauses.SHOULD,
    {
        "other-types-are-406: Other media types are 406.": failing(406),
        "other-media-types-are-read: Other media types are read as JSON.": (
            lambda self, call: self.json_fields(call)
        ),
    },
    lambda method: {"other_media_type": method},
    misses=ids("media-type", WRITING),
)
