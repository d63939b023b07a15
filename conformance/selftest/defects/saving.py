"""What update_user saves."""

from __future__ import annotations

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import (
    DOCUMENTED,
    GRAVATAR,
    NEVER,
    OWNER,
    SETS,
    WRONG_TYPE,
)
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.bodies import PROFILE
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import User

# Saving


def not_saved(name: str) -> None:
    """Declare: one member of the profile is ignored."""

    @defect(f"update_user ignores {name}.", SETS, f"{name}_ignored")
    class NotSaved(Service):
        def save_member(self, call: Call, name_: str, value: str) -> None:
            if name_ != name:
                super().save_member(call, name_, value)


for _name in ("full_name", "company", "profile_url"):
    not_saved(_name)


@defect("Of several members, only the first is saved.", SETS)
class FirstMemberSaved(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        super().save_profile(call, dict(list(changes.items())[:1]))


@defect("Of all five members at once, the last is not saved.", SETS)
class FifthMemberLost(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        super().save_profile(call, dict(list(changes.items())[:4]))


@defect("location is not saved when company is sent too.", SETS)
class LocationLostBesideCompany(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        lost = {"location"} if "company" in changes else set()
        super().save_profile(call, {one: changes[one] for one in changes if one not in lost})


@defect("Members that are not sent become empty.", SETS)
class OthersCleared(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        texts = dict.fromkeys(PROFILE[:4], "")
        super().save_profile(call, {**texts, **changes})


@defect("A new company empties the location.", SETS)
class CompanyClearsLocation(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        more = {"location": ""} if "company" in changes else {}
        super().save_profile(call, {**more, **changes})


@defect("A form empties the members that it does not have.", SETS)
class FormClearsOthers(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        texts = dict.fromkeys(PROFILE[:4], "") if call.is_form else {}
        super().save_profile(call, {**texts, **changes})


@defect("An update is shown, and not saved.", SETS)
class UpdateNotSaved(Service):
    def update_user(self, call: Call) -> Reply:
        reply = super().update_user(call)
        self.store.run("ROLLBACK")
        return reply


@defect("With Bearer, an update is shown, and not saved.", SETS)
class UpdateNotSavedByBearer(Service):
    def update_user(self, call: Call) -> Reply:
        reply = super().update_user(call)
        if call.caller.scheme == "bearer":
            self.store.run("ROLLBACK")
        return reply


@defect("The second update of an account, and all further ones, are not saved.", SETS)
class SecondUpdateLost(Service):
    def __init__(self) -> None:
        super().__init__()
        self.updated: set[str] = set()

    def update_user(self, call: Call) -> Reply:
        reply = super().update_user(call)
        if call.username in self.updated:
            self.store.run("ROLLBACK")
        self.updated.add(call.username)
        return reply


@defect("update_user answers with the user as before.", SETS)
class AnswersBefore(Service):
    def update_user(self, call: Call) -> Reply:
        before = self.user_view(call, self.stored_user(call.username))
        super().update_user(call)
        return self.json_reply(200, before)


@defect("update_user answers with the changes only.", SETS)
class AnswersChanges(Service):
    def update_user(self, call: Call) -> Reply:
        super().update_user(call)
        return self.json_reply(200, call.fields)


@defect("update_user is 204.", SETS)
class UpdateNoContent(Service):
    def update_user(self, call: Call) -> Reply:
        super().update_user(call)
        return Reply(204)


@defect("update_user is 202.", DOCUMENTED)
class UpdateAccepted(Service):
    def update_user(self, call: Call) -> Reply:
        reply = super().update_user(call)
        reply.status = 202
        return reply


@defect("An update that changes nothing is 404: no row was touched.", DOCUMENTED)
class SameValueNotFound(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        before = self.stored_user(call.username)
        super().save_profile(call, changes)
        if changes and before == self.stored_user(call.username):
            raise Refusal(404, "no such user")


@defect("A location is written to every account.", OWNER)
class LocationOfAll(Service):
    def save_member(self, call: Call, name: str, value: str) -> None:
        super().save_member(call, name, value)
        if name == "location":
            self.store.run("UPDATE users SET location = ?", value)


# gravatar_email


@defect("gravatar_url never changes.", GRAVATAR)
class GravatarOfSignUp(Service):
    def gravatar_key(self, user: User) -> str:
        return user.signup_email


@defect("gravatar_url knows the domain only.", GRAVATAR)
class GravatarOfDomain(Service):
    def gravatar_key(self, user: User) -> str:
        return user.gravatar_email.rpartition("@")[2]


@defect("gravatar_url knows nothing of the domain.", GRAVATAR)
class GravatarOfLocalPart(Service):
    def gravatar_key(self, user: User) -> str:
        return user.gravatar_email.rpartition("@")[0]


@defect("A gravatar_email among other members is not saved.", GRAVATAR)
class GravatarOnlyAlone(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        if len(changes) > 1:
            changes.pop("gravatar_email", None)
        super().save_profile(call, changes)


@defect("gravatar_url follows the primary address only.", GRAVATAR)
class GravatarOfPrimary(Service):
    def gravatar_key(self, user: User) -> str:
        return self.account_email(user)


@defect("A gravatar_email becomes the user's email.", NEVER)
class GravatarBecomesEmail(Service):
    def account_email(self, user: User) -> str:
        return user.gravatar_email if user.gravatar_changes else super().account_email(user)


@defect("gravatar_email takes anything.", WRONG_TYPE)
class AnyGravatar(Service):
    def gravatar_address(self, call: Call, value: str) -> str:
        return value


@defect("A gravatar_email that is no address is ignored, 200.", WRONG_TYPE)
class BadGravatarIgnored(Service):
    def gravatar_address(self, call: Call, value: str) -> str:
        stored = self.stored_user(call.username).gravatar_email
        return value if self.is_address(value) else stored


@defect("In a form, gravatar_email takes anything.", WRONG_TYPE)
class AnyGravatarInForm(Service):
    def gravatar_address(self, call: Call, value: str) -> str:
        return value if call.is_form else super().gravatar_address(call, value)


# Members that never change


def writable(member: str, column: str) -> None:
    """Declare: a member that is none of the five can be set."""

    @defect(f"{member} can be set.", NEVER, f"{member}_writable")
    class Writable(Service):
        def save_profile(self, call: Call, changes: dict[str, str]) -> None:
            super().save_profile(call, changes)
            if member in call.fields and isinstance(call.fields[member], str | int):
                self.store.set_column(call.username, column, call.fields[member])


for _name in ("id", "is_active", "type", "date_joined"):
    writable(_name, _name)
writable("gravatar_url", "gravatar_email")


@defect("email can be set through update_user.", NEVER)
class EmailWritable(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        super().save_profile(call, changes)
        if isinstance(call.fields.get("email"), str):
            step = "UPDATE addresses SET email = ? WHERE username = ? AND is_primary"
            self.store.run(step, call.fields["email"], call.username)


@defect("username can be set: the account moves.", NEVER)
class UsernameWritable(Service):
    def update_user(self, call: Call) -> Reply:
        reply = super().update_user(call)
        new = call.fields.get("username")
        if isinstance(new, str) and self.store.user(new) is None:
            for step in (
                "UPDATE users SET username = ? WHERE username = ?",
                "UPDATE addresses SET username = ? WHERE username = ?",
                "UPDATE tokens SET username = ? WHERE username = ?",
            ):
                self.store.run(step, new, call.username)
            return self.json_reply(200, self.user_view(call, self.stored_user(new)))
        return reply


@defect("password can be set through update_user.", NEVER)
class PasswordWritable(Service):
    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        super().save_profile(call, changes)
        if isinstance(call.fields.get("password"), str):
            self.store.set_column(call.username, "password", call.fields["password"])
