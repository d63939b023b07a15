"""The model of an account: what the text says must follow from a request, and how what came is told from it.

Pure functions of the account before and of the members that were sent. They share nothing with any
implementation; what the text leaves open has more than one status here, or is not compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from conformance.account.state import (
    AccountState,
    Email,
    differences,
    email_differences,
    text_members,
    user_differences,
    user_members,
)
from conformance.catalogue.requirements import slug

FOLLOWS_PRIMARY = ("email", "gravatar_url")
"""Members of the user that may follow the primary address: the text leaves that open."""
ADDRESS_MEMBERS = ("email", "gravatar_email")
"""The members of bodies that hold an address."""
_FLAGS = ("verified", "primary")
_ADDRESS = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+([a-z]{2,})")
_URL = re.compile(
    r"https?://(?:[a-z0-9]+(?:-+[a-z0-9]+)*\.)+[a-z]{2,}/(?!\S*(?:/\.|%2[eE]))[\w.~/%?#&=+:@!$()*,;-]*",
    re.ASCII,
)
"""A URL that no library writes in another way: dot segments are resolved, quotes escaped."""
_RESERVED = frozenset({"test", "invalid", "local", "localhost", "onion"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The consequence of a request, as far as the text says it.

    Attributes:
        statuses: The statuses that it may be answered with.
        requirement: The requirement that another status breaks, without its operation.
        after: The account, if it is answered with success; a refusal leaves it as it was.
        unchanged: The requirement that a refusal breaks if it changes something.
        certain: Whether an answer of success leaves nothing open, although a refusal is right too.
    """

    statuses: tuple[int, ...]
    requirement: str
    after: AccountState
    unchanged: str = ""
    certain: bool = False

    @property
    def sure(self) -> bool:
        """True if what becomes of the account is known by the answer alone."""
        return self.certain or len(self.statuses) == 1


class Part(NamedTuple):
    """One part of what follows, compared: `actual` is empty where it is as expected."""

    requirement: str
    expected: str
    actual: str | Sequence[str]
    stored: bool = True
    """True if a later reading shows it, and not the answer itself."""


# -- values ---------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _is_printed(text: str) -> bool:
    return text == text.strip() and all(
        unicodedata.category(one)[0] != "C" and unicodedata.category(one) not in ("Zl", "Zp")
        for one in text
    )


def is_no_address(value: Any) -> bool:
    """Return whether a value is no address by anyone's reading."""
    if not isinstance(value, str) or not value or "@" not in value:
        return True
    if not value.isascii() or value != value.strip():
        return False  # white space of other kinds, or around it: somebody may take it
    spaced = any(space in value for space in " \t\n\r\f\v")
    return value.startswith("@") or value.endswith("@") or spaced


# -- what follows from a request ------------------------------------------------------------------


def updating_user(account: AccountState, body: Mapping[str, Any]) -> Outcome:
    """Return the outcome of update_user; `gravatar_url` becomes None where it must become another."""
    members = {name: body[name] for name in text_members() if name in body}
    picture = body.get("gravatar_email")
    if any(not isinstance(one, str) for one in members.values()) or (
        "gravatar_email" in body and not isinstance(picture, str)
    ):
        return Outcome((400,), "wrong-type", account, "refused-unchanged")
    if picture and is_no_address(picture):
        return Outcome((400,), "invalid-gravatar-email", account, "refused-unchanged")
    after = account.with_user(**members)
    if is_plain_address(picture):
        after = after.with_user(gravatar_url=None)
    plain = (is_plain_address(picture) or "gravatar_email" not in body) and all(
        is_plain(name, one) for name, one in members.items()
    )
    if plain and body and set(body) <= {*members, "gravatar_email"}:
        return Outcome((200,), "success", after, "refused-unchanged")
    return Outcome((200, 400), "success", after, "refused-unchanged", certain=plain)


def is_plain(member: str, text: str) -> bool:
    """Return whether a text of the profile is one that nobody may refuse."""
    good = 1 <= len(text) <= 64 and _is_printed(text)
    return good and (member != "profile_url" or _URL.fullmatch(text) is not None)


def is_plain_address(value: Any) -> bool:
    """Return whether a value is an address that nobody may refuse."""
    return (
        isinstance(value, str)
        and len(value) <= 64
        and (found := _ADDRESS.fullmatch(value)) is not None
        and found[1] not in _RESERVED
    )


def adding_email(account: AccountState, body: Mapping[str, Any]) -> Outcome:
    """Return the outcome of add_email."""
    if "email" not in body:
        return Outcome((400,), "invalid-body/missing-address", account)
    address = body["email"]
    if is_no_address(address):
        return Outcome((400,), "invalid-body/invalid-address", account)
    if account.find(address) is not None:
        return Outcome((201, 400), "success", account, "refused-unchanged/duplicate")
    after = account.with_email(Email(address, verified=False, primary=False))
    plain = is_plain_address(address) and not _alike(account, address)
    if plain and set(body) == {"email"}:
        return Outcome((201,), "success", after, "success")
    return Outcome((201, 400), "success", after, "others-untouched", certain=plain)


def updating_email(account: AccountState, body: Mapping[str, Any]) -> Outcome:
    """Return the outcome of update_email."""
    refused = _without_address(account, body)
    if refused is not None:
        return refused
    found = account.find(body["email"])
    for name, requirement in (("primary", "no-unset-primary"), ("verified", "no-unverify")):
        if body.get(name) is False:
            return Outcome((400,) if found is not None else (400, 404), requirement, account)
    odd = any(name in body and body[name] is not True for name in _FLAGS)
    further = not set(body) <= {"email", *_FLAGS}
    if found is None:
        # Without a flag an update has nothing to do; which of the two is said first is left open.
        idle = not body.keys() & set(_FLAGS)
        return _unknown(account, body["email"], 200, sure=not (idle or odd or further))
    verified, primary = body.get("verified") is True, body.get("primary") is True
    after = account.with_email(
        Email(found.email, found.verified or verified, found.primary or primary)
    )
    # Left open: a wish for nothing, or for what is so already, and a primary address not verified.
    sure = (primary and found.verified and not found.primary) or (
        verified and not primary and not found.verified
    )
    requirement = "both" if verified and primary else "success"
    if sure and not odd and not further:
        return Outcome((200,), requirement, after, requirement)
    return Outcome((200, 400), requirement, after, "others-untouched", certain=not odd)


def deleting_email(account: AccountState, body: Mapping[str, Any]) -> Outcome:
    """Return the outcome of delete_email."""
    refused = _without_address(account, body)
    if refused is not None:
        return refused
    found = account.find(body["email"])
    sure = set(body) == {"email"}
    if found is None:
        return _unknown(account, body["email"], 204, sure=sure)
    if found.primary:
        return Outcome((400,), "primary-refused", account)
    after = account.without_email(found.email)
    if sure:
        return Outcome((204,), "success", after, "success")
    return Outcome((204, 400), "success", after, "removes-only-that", certain=True)


def _unknown(account: AccountState, address: str, success: int, *, sure: bool) -> Outcome:
    """Return the outcome of a request about an address that is not spelled so in the account."""
    meant = _alike(account, address)
    if sure and meant is None and is_plain_address(address):
        return Outcome((404,), "not-found/address", account)
    # It may be taken for one that differs in case or white space alone; the primary is never deleted.
    taken = () if meant is None or (success == 204 and meant.primary) else (success,)
    return Outcome((404, 400, *taken), "not-found/address", account)


def _alike(account: AccountState, address: str) -> Email | None:
    """Return an address that differs from another one by case or white space alone."""
    key = address.strip().casefold()
    return next((one for one in account.emails if one.email.strip().casefold() == key), None)


def _without_address(account: AccountState, body: Mapping[str, Any]) -> Outcome | None:
    """Return the refusal of a body that names no address; None if it names one."""
    if "email" not in body:
        return Outcome((400,), "invalid-body/missing-address", account)
    if not isinstance(body["email"], str):
        return Outcome((400, 404), "invalid-body/address-of-wrong-type", account)
    if is_no_address(body["email"]):
        return Outcome((400, 404), "not-found/address", account)
    return None


# -- what came, part by part ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that was answered with success, and the account around it.

    Attributes:
        sent: The members that were sent.
        told: The answer, as JSON data.
        before: The account before.
        after: The account as it was read afterwards.
        wanted: The account as it must be afterwards.
    """

    sent: Mapping[str, Any]
    told: Any
    before: AccountState
    after: AccountState
    wanted: AccountState

    @property
    def members(self) -> Mapping[str, Any]:
        """The members of the answer; none if it is no object."""
        return self.told if isinstance(self.told, dict) else {}


def user_read(seen: Seen) -> Iterator[Part]:
    """Compare what get_user answered with the account."""
    name, found = seen.before.user.get("username"), seen.members.get("username")
    same = found is None or str(found).casefold() == str(name).casefold()
    actual = "" if same else f"username is {found!r}"
    yield Part("own-data", f"the user {name}", actual, stored=False)


def user_updated(seen: Seen) -> Iterator[Part]:
    """Compare what update_user answered, and what is stored, with what must be."""
    after, told = seen.after.user, seen.members
    sent = [name for name in seen.sent if name in text_members()]
    # What becomes of a text that not everybody takes is left open.
    odd = [name for name in sent if not is_plain(name, seen.sent[name])]
    for name in sent:
        if name in odd:
            continue
        wrong = after.get(name) != seen.wanted.user[name]
        actual = f"{name} is {after.get(name)!r}" if wrong else ""
        yield Part(f"sets-{slug(name)}", f"{name} {seen.sent[name]!r}", actual)
    derived = ["gravatar_url"] if "gravatar_email" in seen.sent else []
    # It is not there if it varies by itself: then nothing can be told of it.
    if "gravatar_url" in seen.before.user and seen.wanted.user.get("gravatar_url", "") is None:
        old = seen.before.user.get("gravatar_url")
        actual = f"gravatar_url is still {old!r}" if after.get("gravatar_url") == old else ""
        yield Part("sets-gravatar-email", "another gravatar_url for another address", actual)
    # The picture is made from an address; sent by itself, it is a member like the others that never change.
    made = [] if "gravatar_url" in seen.sent and not derived else ["gravatar_url"]
    fixed = [name for name in user_members() if name not in (*text_members(), *made)]
    kept = user_differences(seen.before.user, after, ignore=[*sent, *derived, *fixed])
    yield Part("leaves-others", "the other members as they were", kept)
    moved = user_differences(seen.before.user, after, ignore=[*text_members(), *made])
    yield Part("read-only-members", "no change of them", moved)
    untrue = [
        f"{name} is {told[name]!r} in the answer and {after.get(name)!r} afterwards"
        for name in user_members()
        if name in told and name not in odd and told[name] != after.get(name)
    ]
    yield Part("answers-stored", "the user as stored", untrue)
    emails = email_differences(seen.before.emails, seen.after.emails)
    yield Part("others-untouched", "the addresses as they were", emails)


def emails_read(seen: Seen) -> Iterator[Part]:
    """Compare what list_emails answered with itself: one primary address, and each once."""
    if not isinstance(seen.told, list):
        return
    rows = [one for one in seen.told if isinstance(one, dict)]
    primaries = [str(one.get("email")) for one in rows if one.get("primary") is True]
    actual = "" if len(primaries) == 1 else f"{len(primaries)}: {', '.join(primaries)}"
    yield Part("one-primary", "one primary address", actual, stored=False)
    addresses = [str(one.get("email")) for one in rows]
    twice = "" if len(set(addresses)) == len(addresses) else ", ".join(addresses)
    yield Part("complete", "each address once", twice, stored=False)


def email_added(seen: Seen) -> Iterator[Part]:
    """Compare what add_email answered, and what is stored, with what must be."""
    address, told = str(seen.sent["email"]), seen.members
    if not is_plain_address(address):
        # How it is written is left open.
        kept = [one for one in seen.after.emails if seen.before.find(one.email) is not None]
        rest = differences(seen.before, AccountState(seen.after.user, tuple(kept)))
        yield Part("others-untouched", "everything else as it was", rest)
        return
    actual = "" if told.get("email") == address else f"email is {told.get('email')!r}"
    yield Part("answers-address", f"{address} with its three members", actual, stored=False)
    stored = [email for email in seen.after.emails if email.email == address]
    listed = ", ".join(email.email for email in seen.after.emails)
    yield Part("listed", f"{address} in the list", "" if stored else f"the list has {listed}")
    for name in _FLAGS:
        in_list = any(getattr(email, name) for email in stored)
        places = ["in the answer"] * (told.get(name) is True) + ["in the list"] * in_list
        actual = f"{name} is true {' and '.join(places)}" if places else ""
        yield Part(f"not-{name}", f"{name}: false", actual, stored=in_list)
    rest = differences(seen.wanted.without_email(address), seen.after.without_email(address))
    yield Part("others-untouched", "everything else as it was", rest)
    actual = f"it is there {len(stored)} times" if len(stored) > 1 else ""
    yield Part("list-emails/complete", f"{address} once in the list", actual)


def email_updated(seen: Seen) -> Iterator[Part]:
    """Compare what update_email answered, and what is stored, with what must be."""
    address = str(seen.sent["email"])
    if seen.before.find(address) is None:
        return  # taken for one that is spelled otherwise
    stored = seen.after.find(address)
    shown = f"{stored} in the list" if stored else "it is not in the list"
    asked = [name for name in _FLAGS if seen.sent.get(name) is True]
    for name, requirement in (("verified", "verifies"), ("primary", "makes-primary")):
        if name in asked:
            right = stored is not None and getattr(stored, name)
            yield Part(requirement, f"{name}: true", "" if right else shown)
    if len(asked) == 2:
        right = stored is not None and stored.verified and stored.primary
        yield Part("both", "verified and primary", "" if right else shown)
    previous = seen.before.primary
    # A value of another type may have been taken for true.
    odd = "primary" in seen.sent and "primary" not in asked
    if "primary" in asked:
        if stored is not None and stored.primary and previous and previous.email != address:
            unset, found = seen.wanted.find(previous.email), seen.after.find(previous.email)
            actual = "" if found == unset else f"it is {found or 'gone'}"
            yield Part("unsets-previous", f"{unset}", actual)
    elif not odd:
        now = seen.after.primary
        same = (previous and previous.email) == (now and now.email)
        actual = "" if same else f"it is {now and now.email}"
        words = f"the primary address is still {previous and previous.email}"
        yield Part("verifying-keeps-primary", words, actual)
    told = seen.members
    shown_as = Email(
        str(told.get("email")), told.get("verified") is True, told.get("primary") is True
    )
    actual = "" if shown_as == stored else f"it is {shown_as}, and {shown}"
    yield Part("answers-address", "the address as now stored", actual)
    wanted, after = seen.wanted.without_email(address), seen.after.without_email(address)
    if ("primary" in asked or odd) and previous is not None:
        wanted, after = (one.without_email(previous.email) for one in (wanted, after))
    moved = odd or not previous == seen.wanted.primary == seen.after.primary
    rest = differences(wanted, after, ignore=FOLLOWS_PRIMARY if moved else ())
    own = seen.wanted.find(address)
    if own and stored and "verified" not in seen.sent and own.verified is not stored.verified:
        rest.append(f"{own} is now {stored}")
    yield Part("others-untouched", "everything else as it was", rest)


def email_deleted(seen: Seen) -> Iterator[Part]:
    """Compare what is stored after delete_email with what must be."""
    address = str(seen.sent["email"])
    if seen.before.find(address) is None:
        # Taken for one that is spelled otherwise; never for the primary one.
        primary, now = seen.before.primary, seen.after.primary
        actual = "" if now == primary else f"it is {now}"
        yield Part("primary-spelled-otherwise", f"the primary address is still {primary}", actual)
        return
    gone = seen.after.find(address) is None
    actual = "" if gone else "it is still in the list"
    yield Part("removes", f"{address} gone from the list", actual)
    rest = differences(seen.wanted.without_email(address), seen.after.without_email(address))
    yield Part("removes-only-that", "everything else as it was", rest)
