"""Variations of access: orders of the checks, challenges, other methods and media types."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.selftest.changes import variations
from conformance.selftest.overrides import after, before, failing, refuses
from conformance.selftest.reference.access import CHALLENGES
from conformance.selftest.reference.calls import Call, Refusal, Reply, refuse
from conformance.selftest.reference.routes import READING
from conformance.selftest.reference.service import Service

# -- orders of the checks -------------------------------------------------------------------------


def _media_type(self: Service, call: Call) -> None:
    known = call.is_form or "json" in call.media_type
    if call.operation not in READING and call.headers.get("content-type") and not known:
        self.other_media_type(call)


variations(
    "",
    {
        "scope-before-username (SCOPE_OR_404): Scopes are looked at before the username.": before(
            "check_existence", Service.check_scope
        ),
        "scope-before-owner (SCOPE_OR_OWNER): Scopes are looked at before the owner.": before(
            "check_owner", Service.check_scope
        ),
        "type-before-login (SHOULD): The media type is looked at before the login.": before(
            "admit", _media_type
        ),
        "head-and-options-not-allowed (HEAD_OPTIONS): HEAD and OPTIONS are 405.": before(
            "route",
            lambda self, call, path: call.method in {"HEAD", "OPTIONS"} and refuse(405),
        ),
    },
    visible=False,
)

# -- challenges, and what is refused with another status ------------------------------------------


def _challenges(write: Callable[[str], list[str]]) -> Any:
    """Write each challenge otherwise, under a name in lower case."""

    def written(_self: Service, _call: Call, _refusal: Refusal, reply: Reply) -> Reply:
        plain = [one for one in reply.headers if one[0] != "WWW-Authenticate"]
        texts = [value for name, value in reply.headers if name == "WWW-Authenticate"]
        more = [("www-authenticate", one) for text in texts for one in write(text)]
        return replace(reply, headers=more + plain)

    return after("refuse", written)


def _other_cases(challenge: str) -> list[str]:
    plain = re.sub(r', charset="[^"]*"', "", challenge)
    return [plain.replace("Bearer", "bearer").replace("Basic", "BASIC")]


variations(
    "",
    {
        "challenges-in-one-field (HTTP): Both challenges stand in one header field.": refuses(
            "unauthorized", 401, ("WWW-Authenticate", ", ".join(CHALLENGES))
        ),
        "challenges-bearer-first (HTTP): The Bearer challenge comes first.": refuses(
            "unauthorized", 401, *(("WWW-Authenticate", one) for one in CHALLENGES[::-1])
        ),
        "challenges-in-other-cases (HTTP): Their schemes are in other cases, without charset.": _challenges(
            _other_cases
        ),
        "no-challenges (SHOULD */challenge): 401 and 403 carry no WWW-Authenticate.": _challenges(
            lambda _: []
        ),
        "other-methods-are-501 (SHOULD */other-methods): Other methods are 501.": {
            "other_method": failing(501)
        },
        "untyped-bodies-are-415 (SHOULD */json-without-content-type): Untyped bodies are 415.": {
            "untyped_fields": failing(415)
        },
        "other-types-are-406 (SHOULD */media-type): Other media types are 406.": {
            "other_media_type": failing(406)
        },
        "other-media-types-are-read (SHOULD */media-type): Other media types are read as JSON.": {
            "other_media_type": Service.json_fields
        },
    },
)
