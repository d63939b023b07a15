"""The operations."""

from __future__ import annotations

from hashlib import blake2b

from conformance.selftest.reference.bodies import PROFILE, Bodies
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply
from conformance.selftest.reference.routes import WRITING
from conformance.selftest.reference.store import Address, User

PUBLIC_URL = "https://accounts.example.org/api/v1.1/users/"


class Service(Bodies):
    """The whole implementation; defects and variations are subclasses of it."""

    disposable = False
    """True if a target file says of the owner that nothing needs to be put back."""

    def perform(self, call: Call) -> Reply:
        self.admit(call)
        if call.operation in WRITING:
            call.fields = self.fields(call)
            self.check_members(call)
        return self.operate(call)

    def operate(self, call: Call) -> Reply:
        reply: Reply = getattr(self, call.operation)(call)
        return reply

    # The profile

    def get_user(self, call: Call) -> Reply:
        return self.json_reply(200, self.user_view(call, self.stored_user(call.username)))

    def update_user(self, call: Call) -> Reply:
        self.save_profile(call, self.profile_changes(call))
        return self.json_reply(200, self.user_view(call, self.stored_user(call.username)))

    def stored_user(self, username: str) -> User:
        user = self.store.user(username)
        if user is None:
            raise Refusal(404, "this account is gone")
        return user

    def profile_changes(self, call: Call) -> dict[str, str]:
        present = (name for name in PROFILE if name in call.fields)
        return {name: self.text(call, name, call.fields[name]) for name in present}

    def save_profile(self, call: Call, changes: dict[str, str]) -> None:
        for name, value in changes.items():
            self.save_member(call, name, value)

    def save_member(self, call: Call, name: str, value: str) -> None:
        if name == "gravatar_email":
            changes = self.stored_user(call.username).gravatar_changes + 1
            self.store.change_user(call.username, gravatar_changes=changes)
        self.store.change_user(call.username, **{name: value})

    def user_view(self, call: Call, user: User) -> dict[str, Json]:
        return {
            "username": user.username,
            "full_name": user.full_name,
            "email": self.account_email(user),
            "location": user.location,
            "company": user.company,
            "profile_url": user.profile_url,
            "gravatar_url": self.gravatar_url(call, user),
            "url": f"{PUBLIC_URL}{user.username}/",
            "date_joined": user.date_joined,
            "is_active": user.is_active,
            "type": user.type,
            "id": user.id,
        }

    def account_email(self, user: User) -> str:
        primary = [one.email for one in self.store.addresses(user.username) if one.is_primary]
        return primary[0] if primary else user.signup_email

    def gravatar_url(self, call: Call, user: User) -> str:
        digest = blake2b(self.gravatar_key(user).encode(), digest_size=12).hexdigest()
        return f"https://avatars.example.org/{digest}.png"

    def gravatar_key(self, user: User) -> str:
        return user.gravatar_email

    # The addresses

    def list_emails(self, call: Call) -> Reply:
        return self.json_reply(200, self.list_view(call, self.shown_addresses(call)))

    def shown_addresses(self, call: Call) -> list[Address]:
        addresses = self.store.addresses(call.username)
        return sorted(addresses, key=lambda one: (-one.is_primary, one.email))

    def list_view(self, call: Call, addresses: list[Address]) -> Json:
        return [self.email_view(call, one) for one in addresses]

    def email_view(self, call: Call, address: Address) -> dict[str, Json]:
        return {
            "primary": address.is_primary,
            "verified": address.verified,
            "email": address.email,
        }

    def add_email(self, call: Call) -> Reply:
        email = self.wanted_address(call)
        taken = self.taken(call, email)
        if taken is not None:
            return self.add_again(call, taken)
        address = self.insert(call, email)
        return self.json_reply(201, self.email_view(call, address))

    def taken(self, call: Call, email: str) -> Address | None:
        """Return the address in whose way a new one would be."""
        return self.find(call, email)

    def add_again(self, call: Call, taken: Address) -> Reply:
        raise Refusal(400, f"{taken.email} is there already")

    def insert(self, call: Call, email: str) -> Address:
        return self.store.add_address(call.username, email)

    def find(self, call: Call, email: str) -> Address | None:
        return next((one for one in self.searched(call) if self.same(one.email, email)), None)

    def searched(self, call: Call) -> list[Address]:
        return self.store.addresses(call.username)

    def same(self, stored: str, wanted: str) -> bool:
        return stored == wanted

    def found(self, call: Call, email: str) -> Address:
        address = self.find(call, email)
        if address is None:
            raise self.unknown_address(call, email)
        return address

    def unknown_address(self, call: Call, email: str) -> Refusal:
        return Refusal(404, f"{email} is not among your addresses")

    def update_email(self, call: Call) -> Reply:
        email = self.wanted_address(call)
        asked = {name for name in ("verified", "primary") if self.flag(call, name)}
        address = self.found(call, email)
        self.check_update(call, address, asked)
        if "verified" in asked:
            self.verify(call, address)
        if "primary" in asked:
            self.make_primary(call, address)
        return self.json_reply(200, self.email_view(call, self.store.address(address.id)))

    def check_update(self, call: Call, address: Address, asked: set[str]) -> None:
        """Refuse what else must hold: here, nothing."""

    def verify(self, call: Call, address: Address) -> None:
        self.store.change(lambda one: one.id == address.id, verified=True)

    def make_primary(self, call: Call, address: Address) -> None:
        self.unset_primary(call)
        self.store.change(lambda one: one.id == address.id, is_primary=True)

    def unset_primary(self, call: Call) -> None:
        self.store.change(lambda one: one.username == call.username, is_primary=False)

    def delete_email(self, call: Call) -> Reply:
        address = self.found(call, self.wanted_address(call))
        if self.guarded(call, address):
            raise self.not_deletable(call, address)
        self.remove(call, address)
        return Reply(204)

    def guarded(self, call: Call, address: Address) -> bool:
        return address.is_primary

    def not_deletable(self, call: Call, address: Address) -> Refusal:
        return Refusal(400, f"{address.email} is primary: make another one primary first")

    def remove(self, call: Call, address: Address) -> None:
        self.store.remove(lambda one: one.id == address.id)
