"""Other accounts: their names, texts and addresses."""

from __future__ import annotations

from conformance.selftest.changes import variation
from conformance.selftest.reference.calls import Call, Refusal, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import ADDRESSES, USERS, Seed
from conformance.selftest.variations.clauses import (
    CASE,
    LARGE,
)
from conformance.selftest.variations.pickiness import (
    EmptyTextRefused,
    ShortTexts,
    SpaceAroundCut,
)

OWNER, OTHER = USERS
SPACE = "surrounding white space"
ANY_ACCOUNT = "any two accounts may be named in a target file"
COLUMNS = (
    *("username", "id", "password", "date_joined", "type", "full_name", "location", "company"),
    *("profile_url", "gravatar_email", "gravatar_changes", "signup_email", "is_active"),
)


def owner(**members: str | int) -> tuple[str | int, ...]:
    """The owner with some members of another value."""
    return tuple(members.get(name, value) for name, value in zip(COLUMNS, OWNER, strict=True))


def other(**members: str | int) -> tuple[str | int, ...]:
    """The other user, likewise."""
    return tuple(members.get(name, value) for name, value in zip(COLUMNS, OTHER, strict=True))


def renamed(
    first: str, second: str, addresses: tuple[tuple[str, str, int, int], ...] = ADDRESSES
) -> tuple[tuple[str, str, int, int], ...]:
    """Addresses of users with other names."""
    names = {str(OWNER[0]): first, str(OTHER[0]): second}
    return tuple(
        (names[name], email, verified, primary) for name, email, verified, primary in addresses
    )


@variation("Usernames are of other scripts, with spaces, + and %.", ANY_ACCOUNT)
class OddUsernames(Service):
    seed = Seed(
        (owner(username="zoë o'neil+%41"), other(username="王.小明 & co")),
        renamed("zoë o'neil+%41", "王.小明 & co"),
        ("first", "second"),
    )


@variation("One username is the beginning of the other.", ANY_ACCOUNT)
class NestedUsernames(Service):
    seed = Seed((owner(username="mall"), other(username="mallory")), renamed("mall", "mallory"))


@variation("Passwords hold colons and letters that are not ASCII.", ANY_ACCOUNT)
class OddPasswords(Service):
    seed = Seed((owner(password=":a:b c:ß王:"), other(password=" ' OR 1=1 --é ")))


@variation("Both users have the same password, which is one letter.", ANY_ACCOUNT)
class SamePasswords(Service):
    seed = Seed((owner(password="x"), other(password="x")))


@variation("The password is the username.", ANY_ACCOUNT)
class PasswordIsUsername(Service):
    seed = Seed((owner(password="mallory"), other(password="trentino")))


@variation("Tokens have every character that RFC 6750 allows.", ANY_ACCOUNT)
class OddTokens(Service):
    seed = Seed(prefixes=("a-._~+/Z09", "b//~~++=="))


@variation("Tokens are of 600 characters, and long headers are 431.", LARGE)
class LongTokens(Service):
    seed = Seed(prefixes=("Abc9" * 150, "xYz7" * 150))

    def answer(self, call: Call) -> Reply:
        if any(len(value) > 1024 for value in call.headers.values()):
            return self.refuse(call, Refusal(431, "too long a header"))
        return super().answer(call)


@variation("ids are as large as a database allows.", ANY_ACCOUNT)
class LargeIds(Service):
    seed = Seed((owner(id=2**63 - 1), other(id=2**53 + 1)))


@variation("The texts of both profiles are empty at first.", ANY_ACCOUNT)
class EmptyProfiles(Service):
    seed = Seed(
        (
            owner(full_name="", location="", company="", profile_url=""),
            other(full_name="", location="", company="", profile_url=""),
        )
    )


@variation("The texts of the profile are long at first.", ANY_ACCOUNT)
class LongProfile(Service):
    seed = Seed(
        (owner(full_name="Zoë " * 100 + "x", profile_url="https://example.org/" + "x" * 400), OTHER)
    )


@variation("The texts of the profile hold lines and quotes at first.", ANY_ACCOUNT)
class LinesInProfile(Service):
    seed = Seed(
        (
            owner(full_name='"Mal"\t& <b>\U0001f600', location="Flat 1\nReading\n", company=" x "),
            OTHER,
        )
    )


@variation("The owner has 200 addresses already.", ANY_ACCOUNT)
class ManyAddresses(Service):
    seed = Seed(
        addresses=(*ADDRESSES, *(("mallory", f"m{n}@example.org", n % 2, 0) for n in range(200)))
    )


@variation("The owner has addresses of exotic spelling already.", "exotic addresses")
class ExoticAddresses(Service):
    seed = Seed(
        addresses=(
            *ADDRESSES,
            ("mallory", '"mallory archer"@example.org', 1, 0),
            ("mallory", "mallory@[127.0.0.1]", 0, 0),
            ("mallory", "Mallory@Example.ORG", 0, 0),
            ("mallory", "zoë@exämple.org", 1, 0),
            ("trentino", "root@localhost", 0, 0),
        )
    )


@variation("The primary address is of mixed case.", CASE)
class MixedCasePrimary(Service):
    seed = Seed(
        (owner(signup_email="Mallory.Archer@Example.org"), OTHER),
        (("mallory", "Mallory.Archer@Example.org", 1, 1), *ADDRESSES[1:]),
    )


@variation("The primary address is of mixed case, and compared without regard to it.", CASE)
class MixedCasePrimaryIsOne(MixedCasePrimary):
    def same(self, stored: str, wanted: str) -> bool:
        return stored.lower() == wanted.lower()


@variation("The owner has one address only.", ANY_ACCOUNT)
class OneAddress(Service):
    seed = Seed(addresses=(ADDRESSES[0], ADDRESSES[2]))


@variation("Both users have an address in common.", ANY_ACCOUNT)
class CommonAddress(Service):
    seed = Seed(addresses=(*ADDRESSES, ("trentino", "mallory@example.org", 0, 0)))


@variation("An address of the owner reads like a mark of the suite.", ANY_ACCOUNT)
class LikeAMark(Service):
    seed = Seed(addresses=(*ADDRESSES, ("mallory", "conformancetester@example.org", 0, 0)))


@variation("The user has a type of its own, and joined in another century.", ANY_ACCOUNT)
class OldOrganization(Service):
    seed = Seed(
        (
            owner(type="Organization", date_joined="1969-12-31T23:59:60.123456789-00:00"),
            other(date_joined="2000-02-29t00:00:00+14:00"),
        )
    )


# These cannot be put back as they were: what stands in them would be refused today.


@variation("The owner's texts are empty, and could not be made so again.", "the empty string")
class EmptyProfileStays(EmptyTextRefused):
    seed = Seed((owner(location="", profile_url=""), OTHER))


@variation("The owner's texts are longer than what is taken today.", "other lengths")
class LongProfileStays(ShortTexts):
    seed = Seed((owner(full_name="Zoë " * 100 + "x"), OTHER))


@variation("The owner's texts have white space around them, which is cut off today.", SPACE)
class SpacedProfileStays(SpaceAroundCut):
    seed = Seed((owner(company=" Interception Ltd "), OTHER))


@variation("The owner's profile_url has no scheme, which is refused today.", ANY_ACCOUNT)
class BareUrlStays(Service):
    seed = Seed((owner(profile_url="mallory.example.org"), OTHER))
