"""Defects in the member `email` of the three operations that need it: of another type, or missing."""

from __future__ import annotations

from urllib.parse import parse_qsl

from conformance.selftest.changes import defect, ids, row
from conformance.selftest.overrides import crashes, failing
from conformance.selftest.reference.calls import Call, Json, Reply
from conformance.selftest.reference.routes import EMAILS
from conformance.selftest.reference.service import Service

OTHER_TYPE = "add-email/invalid-body/invalid-address */invalid-body/address-of-wrong-type"

row(
    "other-address-crashes",
    "An address that is null, a number, a list or an object is 500.",
    f"{OTHER_TYPE} *-email/documented-answers",
    address_of_other_type=failing(500),
)


@defect("A list of addresses is taken, and each of them is dealt with.", OTHER_TYPE)
class EachOfListTaken(Service):
    def operate(self, call: Call) -> Reply:
        value = call.fields.get("email")
        for one in value[:-1] if isinstance(value, list) else ():
            call.fields = {**call.fields, "email": one}
            super().operate(call)
        if isinstance(value, list) and value:
            call.fields = {**call.fields, "email": value[-1]}
        return super().operate(call)


@defect(
    "A deletion without an address deletes all but the primary one.",
    "delete-email/invalid-body/{missing-address,empty}",
)
class MissingAddressDeletesAll(Service):
    def delete_email(self, call: Call) -> Reply:
        if "email" in call.fields:
            return super().delete_email(call)
        self.store.remove(lambda one: one.username == call.username and not one.is_primary)
        return Reply(204)


@defect(
    "An address in the query counts where the body has none.",
    "*/invalid-body/missing-address",
)
class AddressInQuery(Service):
    def fields(self, call: Call) -> dict[str, Json]:
        return {**dict(parse_qsl(call.target.partition("?")[2])), **super().fields(call)}


row(
    "empty-form-crashes",
    "A form without a body is 500.",
    "update-user/documented-answers *-email/invalid-body/empty",
    also="*/documented-answers */missing-address",
    **crashes("form_fields", lambda self, call: not call.body),
)

# -- lists and queries in place of an address ------------------------------------------------------

KNOWN = EMAILS[1:]

row(
    "operators-run",
    "An object in place of an address is a query with operators.",
    ids("invalid-body/address-of-wrong-type", KNOWN),
    address_of_other_type=lambda self, call, value: (
        self.searched(call)[-1].email
        if isinstance(value, dict) and any(key.startswith("$") for key in value)
        else Service.address_of_other_type(self, call, value)
    ),
)


row(
    "form-brackets-read",
    "In a form, a list with one address is that address.",
    ids("invalid-body/missing-address", EMAILS),
    form_fields=lambda self, call: {
        name.removesuffix("[]"): value for name, value in Service.form_fields(self, call).items()
    },
)
