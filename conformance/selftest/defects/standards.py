"""Defects in what should be, by wider standards: errors, media types, methods."""

from __future__ import annotations

from conformance.selftest.changes import table
from conformance.selftest.overrides import each, failing
from conformance.selftest.reference.calls import Call, Refusal, Reply, refuse
from conformance.selftest.reference.routes import OPERATIONS, WRITING
from conformance.selftest.reference.service import Service


def _explaining(body: bytes, *headers: tuple[str, str]) -> dict[str, object]:
    """Write errors otherwise."""

    def explain(self: Service, reply: Reply, call: Call, refusal: Refusal) -> None:
        reply.headers += headers
        reply.body = body

    return {"explain": explain}


table(
    "",
    {
        "errors-are-no-objects (*/error-body): By turns, errors are pages, empty, or JSON lists.": each(
            OPERATIONS,
            _explaining(b"<h1>Error</h1>", ("Content-Type", "text/html")),
            _explaining(b""),
            _explaining(b'["refused"]', ("Content-Type", "application/json")),
        ),
        "other-types-read (*/media-type): By turns, other types are read as JSON, or 400.": each(
            WRITING,
            {"other_media_type": lambda self, call: self.json_fields(call)},
            {"other_media_type": failing(400)},
        ),
        "untyped-refused (*/json-without-content-type): By turns, such JSON is 400, or a form.": each(
            WRITING,
            {"untyped_fields": failing(400)},
            {"untyped_fields": lambda self, call: {**self.form_fields(call)}},
        ),
        "other-methods-are-404 ({user,emails}/other-methods): Other methods are 404, or 405 alone.": {
            "other_method": lambda self, call, allowed: refuse(
                405 if "/emails/" in call.target else 404
            )
        },
        "duplicate-is-added (add-email/duplicate): An address that is there already is added again.": {
            "add_again": lambda self, call, taken: self.json_reply(
                201, self.email_view(call, self.insert(call, taken.email))
            )
        },
    },
)
