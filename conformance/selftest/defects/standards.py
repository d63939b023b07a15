"""Defects in what should be, by wider standards: errors, media types, methods."""

from __future__ import annotations

from conformance.selftest.changes import row, table
from conformance.selftest.overrides import failing
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service


def _explaining(media_type: str, body: bytes) -> dict[str, object]:
    """Write errors otherwise."""

    def explain(self: Service, reply: Reply, call: Call, refusal: Refusal) -> None:
        reply.headers += [("Content-Type", media_type)] if media_type else []
        reply.body = body

    return {"explain": explain}


table(
    "*/error-body",
    {
        "errors-are-html: Errors are HTML pages.": ("text/html", b"<h1>Error</h1>"),
        "errors-are-empty: Errors have no body.": ("", b""),
        "errors-are-lists: Errors are JSON lists.": ("application/json", b'["refused"]'),
    },
    lambda written: _explaining(*written),
)
table(
    "*/media-type",
    {
        "other-types-read: A body of any other media type is read as JSON.": (
            lambda self, call: self.json_fields(call)
        ),
        "other-types-are-400: A body of another media type is 400.": failing(400),
    },
    lambda method: {"other_media_type": method},
)
table(
    "*/json-without-content-type",
    {
        "typeless-refused: JSON without Content-Type is 400.": failing(400),
        "typeless-is-form: JSON without Content-Type is read as a form.": (
            lambda self, call: {**self.form_fields(call)}
        ),
    },
    lambda method: {"untyped_fields": method},
)
table(
    "{user,emails}/other-methods",
    {
        "no-405-for-other-methods: Other methods are 404.": failing(404),
        "other-methods-without-allow: A 405 has no Allow.": failing(405),
    },
    lambda method: {"other_method": method},
)
row(
    "duplicate-is-added",
    "An address that the user has already is added again.",
    "add-email/duplicate",
    add_again=lambda self, call, taken: self.json_reply(
        201, self.email_view(call, self.insert(call, taken.email))
    ),
)
