"""Defects in the member `email` of the three operations that need it: of another type, or missing."""

from __future__ import annotations

from urllib.parse import parse_qsl

from conformance.selftest.changes import row, table
from conformance.selftest.overrides import crashes, each, failing
from conformance.selftest.reference.calls import Call, Json, Reply
from conformance.selftest.reference.routes import EMAILS
from conformance.selftest.reference.service import Service

OTHER_TYPE = "add-email/invalid-body/invalid-address */invalid-body/address-of-wrong-type"


class EachTaken(Service):
    """A service that deals with each address of a list."""

    def operate(self, call: Call) -> Reply:
        value = call.fields.get("email")
        reply = None
        for one in value if isinstance(value, list) else ():
            call.fields = {**call.fields, "email": one}
            reply = super().operate(call)
        return reply or super().operate(call)


def _query_run(self: Service, call: Call, value: Json) -> str:
    """Take an object for a query with operators."""
    if isinstance(value, dict) and any(key.startswith("$") for key in value):
        return self.searched(call)[-1].email
    return Service.address_of_other_type(self, call, value)


table(
    OTHER_TYPE,
    {
        "other-address-crashes: An address that is no text is 500.": {
            "address_of_other_type": failing(500)
        },
        "each-of-list-taken: A list is taken, or in an update a query with operators.": each(
            EMAILS, EachTaken, {"address_of_other_type": _query_run}
        ),
    },
    also="*-email/documented-answers",
)
row(
    "address-elsewhere (*/missing-address): It counts in the query, or in a form as a list.",
    **each(
        EMAILS,
        {
            "fields": lambda self, call: {
                **dict(parse_qsl(call.target.partition("?")[2])),
                **Service.fields(self, call),
            }
        },
        {
            "form_fields": lambda self, call: {
                name.removesuffix("[]"): value
                for name, value in Service.form_fields(self, call).items()
            }
        },
    ),
)
row(
    "empty-form-crashes (update-user/documented-answers *-email/invalid-body/empty): "
    "A form without a body is 500.",
    also="*/documented-answers */missing-address",
    **crashes("form_fields", lambda self, call: not call.body),
)
