"""Defects in the member `email` of the three operations that need it: of another type, or missing."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from conformance.selftest.changes import defect, ids, row
from conformance.selftest.defects.emails import failing
from conformance.selftest.reference.calls import Call, Json, Reply
from conformance.selftest.reference.routes import EMAILS
from conformance.selftest.reference.service import Service

ADD_INVALID = "add-email/invalid-body/invalid-address"
UPDATE_TYPE, DELETE_TYPE = ids(
    "invalid-body/address-of-wrong-type", ("update_email", "delete_email")
)
DOCUMENTED = ids("documented-answers", EMAILS)
MISSING = ids("invalid-body/missing-address", EMAILS)

# -- of another type ------------------------------------------------------------------------------

for _name, _types in (("null", type(None)), ("number", int | float), ("object", dict)):
    row(
        f"{_name}-as-address-crashes",
        f"An address that is a JSON {_name} is answered with 500.",
        (ADD_INVALID, UPDATE_TYPE, DELETE_TYPE, *DOCUMENTED),
        address_of_other_type=lambda self, call, value, types=_types: (
            failing(500) if isinstance(value, types) else Service.address_of_other_type
        )(self, call, value),
    )

row(
    "number-becomes-address",
    "A number is made into an address when it is added.",
    ADD_INVALID,
    address_of_other_type=lambda self, call, value: (
        f"{value}@example.com"
        if isinstance(value, int | float) and call.operation == "add_email"
        else Service.address_of_other_type(self, call, value)
    ),
)
row(
    "null-deletes-nothing",
    "null as an address is answered with 204 when it is deleted.",
    DELETE_TYPE,
    misnamed="delete-email/documented-answers",
    delete_email=lambda self, call: (
        Reply(204) if call.fields.get("email", "") is None else Service.delete_email(self, call)
    ),
)


@defect(
    "A list of addresses is taken, and each of them is dealt with.",
    (ADD_INVALID, UPDATE_TYPE, DELETE_TYPE),
)
class EachOfListTaken(Service):
    def operate(self, call: Call) -> Reply:
        value = call.fields.get("email")
        if not isinstance(value, list) or not value:
            return super().operate(call)
        for one in value[:-1]:
            call.fields = {**call.fields, "email": one}
            super().operate(call)
        call.fields = {**call.fields, "email": value[-1]}
        return super().operate(call)


# -- missing --------------------------------------------------------------------------------------

row(
    "missing-address-made-up",
    "A missing address is made up when one is added.",
    ("add-email/invalid-body/missing-address", "add-email/invalid-body/empty"),
    misnamed="add-email/documented-answers",
    no_address=lambda self, call: (
        f"{call.username}+{self.calls}@example.com"
        if call.operation == "add_email"
        else Service.no_address(self, call)
    ),
)


def all_but_primary(self: Service, call: Call) -> Reply:
    """Delete all addresses of the account but the primary one."""
    self.store.remove(lambda one: one.username == call.username and not one.is_primary)
    return Reply(204)


for _name, _sentence, _instead, _misnamed in (
    (
        "missing-address-is-204",
        "A missing address is answered with 204 when one is deleted.",
        lambda self, call: Reply(204),
        "delete-email/documented-answers",
    ),
    (
        "missing-address-deletes-all",
        "A deletion without an address deletes all but the primary one.",
        all_but_primary,
        "delete-email/documented-answers",
    ),
):

    def _delete_email(self: Service, call: Call, instead: Any = _instead) -> Reply:
        found: Reply = (Service.delete_email if "email" in call.fields else instead)(self, call)
        return found

    row(
        _name,
        _sentence,
        ("delete-email/invalid-body/missing-address", "delete-email/invalid-body/empty"),
        misnamed=_misnamed,
        delete_email=_delete_email,
    )


@defect("An address in the query counts where the body has none.", MISSING)
class AddressInQuery(Service):
    def fields(self, call: Call) -> dict[str, Json]:
        return {**dict(parse_qsl(call.target.partition("?")[2])), **super().fields(call)}


row(
    "empty-form-crashes",
    "A form without a body is answered with 500.",
    ("update-user/documented-answers", *ids("invalid-body/empty", EMAILS)),
    also=(*DOCUMENTED, *MISSING),
    form_fields=lambda self, call: (Service.form_fields if call.body else failing(500))(self, call),
)
