"""What update_user refuses."""

from __future__ import annotations

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import DOCUMENTED, UNCHANGED, WRONG_TYPE
from conformance.selftest.reference.calls import Call, Json, Refusal
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.service import Service


class OtherType(Service):
    """Not a defect yet: makes a text of something else."""

    only: tuple[str, ...] = PROFILE

    def text(self, call: Call, name: str, value: Json) -> str:
        if not isinstance(value, str) and name in self.only and self.wrong(value):
            value = self.as_text(call, name, value)
        return super().text(call, name, value)

    def wrong(self, value: Json) -> bool:
        raise NotImplementedError

    def as_text(self, call: Call, name: str, value: Json) -> str:
        return str(value)


@defect("A number is taken for a text.", WRONG_TYPE)
class NumberIsText(OtherType):
    only = PROFILE[:3]

    def wrong(self, value: Json) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool)


@defect("A boolean company is taken for a text.", WRONG_TYPE)
class BooleanIsCompany(OtherType):
    only = ("company",)

    def wrong(self, value: Json) -> bool:
        return isinstance(value, bool)


@defect("null empties a text.", WRONG_TYPE)
class NullClears(OtherType):
    only = PROFILE[:4]

    def wrong(self, value: Json) -> bool:
        return value is None

    def as_text(self, call: Call, name: str, value: Json) -> str:
        return ""


@defect("A member that is null is passed over, 200.", WRONG_TYPE)
class NullIgnored(OtherType):
    def wrong(self, value: Json) -> bool:
        return value is None

    def as_text(self, call: Call, name: str, value: Json) -> str:
        return str(getattr(self.stored_user(call.username), name))


@defect("A null gravatar_email is passed over, 200.", WRONG_TYPE)
class NullGravatarIgnored(NullIgnored):
    only = ("gravatar_email",)


@defect("An array of texts is joined.", WRONG_TYPE)
class ArrayJoined(OtherType):
    only = PROFILE[:3]

    def wrong(self, value: Json) -> bool:
        return isinstance(value, list)

    def as_text(self, call: Call, name: str, value: Json) -> str:
        return ", ".join(str(one) for one in value) if isinstance(value, list) else ""


@defect("An object as location is stored as its JSON.", WRONG_TYPE)
class ObjectIsLocation(OtherType):
    only = ("location",)

    def wrong(self, value: Json) -> bool:
        return isinstance(value, dict)


@defect("A profile_url that is no string is 500.", DOCUMENTED)
class OtherUrlCrashes(OtherType):
    only = ("profile_url",)

    def wrong(self, value: Json) -> bool:
        raise AttributeError("no attribute 'startswith'")


@defect("A gravatar_email that is no string is 500.", DOCUMENTED)
class OtherGravatarCrashes(OtherType):
    only = ("gravatar_email",)

    def wrong(self, value: Json) -> bool:
        raise AttributeError("no attribute 'strip'")


@defect("A wrong type is 422.", DOCUMENTED)
class WrongTypeUnprocessable(Service):
    def not_text(self, call: Call, name: str) -> Refusal:
        return Refusal(422, "wrong type")


@defect("A refused update has saved the members before the wrong one.", UNCHANGED)
class SavedUntilRefused(Service):
    def profile_changes(self, call: Call) -> dict[str, str]:
        for name in [one for one in call.fields if one in PROFILE]:
            self.save_member(call, name, self.text(call, name, call.fields[name]))
            self.store.keep()
        return {}


@defect("A refused update has saved the members that were right.", UNCHANGED)
class RightOnesSaved(Service):
    def profile_changes(self, call: Call) -> dict[str, str]:
        refusals = []
        for name in [one for one in PROFILE if one in call.fields]:
            try:
                self.save_member(call, name, self.text(call, name, call.fields[name]))
            except Refusal as refusal:
                refusals.append(refusal)
        self.store.keep()
        if refusals:
            raise refusals[0]
        return {}


@defect("An update that is refused for its gravatar_email has saved the rest.", UNCHANGED)
class SavedBeforeGravatar(Service):
    def gravatar_address(self, call: Call, value: str) -> str:
        if not self.is_address(value):
            others = {name: one for name, one in call.fields.items() if name in PROFILE[:4]}
            for name, one in others.items():
                self.save_member(call, name, self.text(call, name, one))
            self.store.keep()
        return super().gravatar_address(call, value)
