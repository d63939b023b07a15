"""Defects in what should be, by wider standards: errors, media types, methods."""

from __future__ import annotations

from conformance.selftest.changes import ids, row
from conformance.selftest.reference.calls import Call, Refusal, Reply, refuse
from conformance.selftest.reference.routes import OPERATIONS, WRITING
from conformance.selftest.reference.service import Service

METHODS = ("user/other-methods", "emails/other-methods")

# -- errors ---------------------------------------------------------------------------------------


def _errors(name: str, sentence: str, media_type: str, body: bytes) -> None:
    """Declare: errors are written otherwise."""

    def explain(self: Service, reply: Reply, call: Call, refusal: Refusal) -> None:
        if media_type:
            reply.header("Content-Type", media_type)
        reply.body = body

    row(name, sentence, ids("error-body", OPERATIONS), explain=explain)


_errors("errors-are-html", "Errors are HTML pages.", "text/html", b"<h1>Error</h1>")
_errors("errors-are-empty", "Errors have no body.", "", b"")
_errors("errors-are-lists", "Errors are JSON lists.", "application/json", b'["refused"]')

# -- media types ----------------------------------------------------------------------------------

for _name, _sentence, _part, _override in (
    (
        "other-types-read",
        "A body of any other media type is read as JSON.",
        "media-type",
        {"other_media_type": lambda self, call: self.json_fields(call)},
    ),
    (
        "other-types-are-400",
        "A body of another media type is answered with 400.",
        "media-type",
        {"other_media_type": lambda self, call: refuse(400)},
    ),
    (
        "typeless-refused",
        "JSON without Content-Type is answered with 400.",
        "json-without-content-type",
        {"untyped_fields": lambda self, call: refuse(400)},
    ),
    (
        "typeless-is-form",
        "JSON without Content-Type is read as a form.",
        "json-without-content-type",
        {"untyped_fields": lambda self, call: {**self.form_fields(call)}},
    ),
):
    row(_name, _sentence, ids(_part, WRITING), **_override)

# -- an address twice, and other methods ----------------------------------------------------------

row(
    "duplicate-is-added",
    "An address that the user has already is added again.",
    "add-email/duplicate",
    add_again=lambda self, call, taken: self.json_reply(
        201, self.email_view(call, self.insert(call, taken.email))
    ),
)
row(
    "duplicate-is-201",
    "An address that the user has already is answered with 201; it stands in the list once.",
    "add-email/duplicate",
    add_again=lambda self, call, taken: self.json_reply(201, self.email_view(call, taken)),
)
row(
    "no-405-for-other-methods",
    "Other methods are answered with 404.",
    METHODS,
    other_method=lambda self, call, allowed: refuse(404),
)
row(
    "other-methods-without-allow",
    "A 405 has no Allow.",
    METHODS,
    other_method=lambda self, call, allowed: refuse(405),
)
