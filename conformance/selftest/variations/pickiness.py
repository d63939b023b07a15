"""Which values are taken, and what becomes of them."""

from __future__ import annotations

import base64
from hashlib import sha256
from urllib.parse import unquote_to_bytes

from conformance.selftest.changes import variation
from conformance.selftest.reference.calls import Call, Json, Refusal
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Address, User
from conformance.selftest.variations.clauses import CASE, GRAVATAR


@variation("Addresses are stored in lower case.", CASE)
class AddressesLowered(Service):
    def tidy(self, name: str, value: str) -> str:
        return value.lower() if name in {"email", "gravatar_email"} else value


@variation("Addresses that differ only in case are one.", CASE)
class CaseIgnored(Service):
    def same(self, stored: str, wanted: str) -> bool:
        return stored.lower() == wanted.lower()


@variation("An address that differs only in case cannot be added.", CASE)
class CaseIgnoredInAdding(Service):
    def taken(self, call: Call, email: str) -> Address | None:
        own = self.searched(call)
        return next((one for one in own if one.email.lower() == email.lower()), None)


@variation("The domain of an address is stored in lower case.", CASE)
class DomainsLowered(Service):
    def tidy(self, name: str, value: str) -> str:
        if name not in {"email", "gravatar_email"}:
            return value
        local, sign, domain = value.rpartition("@")
        return f"{local}{sign}{domain.lower()}"


@variation(
    "A malformed address is 404 in update and delete.",
    "a malformed *unknown* address in update or delete (400 or 404)",
)
class MalformedNotFound(Service):
    def malformed_address(self, call: Call, value: str) -> str:
        if call.operation == "add_email":
            return super().malformed_address(call, value)
        raise Refusal(404, "no such address")


@variation("Only the plainest addresses are taken.", "exotic addresses")
class ExoticRefused(Service):
    longest_address = 64

    def is_address(self, value: str) -> bool:
        local, sign, domain = value.partition("@")
        plain = all(part.isalnum() for part in local.translate(DOTS).split("."))
        hosts = domain.split(".")
        dotted = len(hosts) > 1 and all(one.replace("-", "a").isalnum() for one in hosts)
        lower = value.isascii() and value == value.lower()
        return bool(sign) and plain and dotted and lower and len(value) <= self.longest_address


DOTS = str.maketrans("_+-", "...")


@variation("Quoted, bracketed and doubled addresses are taken.", "exotic addresses")
class ExoticTaken(Service):
    def is_address(self, value: str) -> bool:
        local, sign, domain = value.rpartition("@")
        whole = bool(local and sign and domain) and len(value.split()) == 1
        return whole and value == value.strip() and max(value) < "\ud800"


class Picky(Service):
    """Not a variation yet: refuses some texts of the profile."""

    def text(self, call: Call, name: str, value: Json) -> str:
        text = super().text(call, name, value)
        if not self.welcome(text):
            raise Refusal(400, f"{name} is not welcome")
        return text

    def welcome(self, text: str) -> bool:
        raise NotImplementedError


@variation("Empty texts are refused.", "the empty string")
class EmptyTextRefused(Picky):
    def welcome(self, text: str) -> bool:
        return bool(text)


@variation("Control characters are refused.", "control characters")
class ControlsRefused(Picky):
    def welcome(self, text: str) -> bool:
        return all(ord(char) >= 32 and not 127 <= ord(char) < 160 for char in text)


@variation("White space around a text is refused.", "surrounding white space")
class SpaceAroundRefused(Picky):
    def welcome(self, text: str) -> bool:
        return text == text.strip()


@variation("Texts have at most 64 characters, a profile_url too.", "other lengths")
class ShortTexts(Picky):
    def welcome(self, text: str) -> bool:
        return len(text) <= 64


@variation("White space around a text is cut off.", "surrounding white space")
class SpaceAroundCut(Service):
    def tidy(self, name: str, value: str) -> str:
        return value if name == "email" else value.strip()


@variation("Controls are dropped from a text.", "control characters")
class ControlsDropped(Service):
    def tidy(self, name: str, value: str) -> str:
        if name in {"email", "gravatar_email"}:
            return value
        return "".join(char for char in value if ord(char) >= 32)


@variation("White space around an address is cut off.", "surrounding white space")
class SpaceAroundAddressCut(Service):
    def tidy(self, name: str, value: str) -> str:
        return value.strip() if name in {"email", "gravatar_email"} else value


@variation("Texts of any length are taken.", "other lengths")
class LongTexts(Service):
    longest_text = longest_address = 1_000_000


@variation("Lone surrogates become question marks.", "lone surrogates")
class SurrogatesReplaced(Service):
    def tidy(self, name: str, value: str) -> str:
        return value.encode("utf-8", "replace").decode()


@variation(
    "Bytes in a form that are no UTF-8 are replaced.",
    "percent-encoded bytes in a form that are no UTF-8",
)
class BytesReplaced(Service):
    def form_text(self, encoded: bytes) -> str:
        return unquote_to_bytes(encoded.replace(b"+", b" ")).decode("utf-8", "replace")


@variation("gravatar_url is a SHA-256.", GRAVATAR)
class GravatarSha256(Service):
    def gravatar_url(self, call: Call, user: User) -> str:
        digest = sha256(user.gravatar_email.strip().lower().encode()).hexdigest()
        return f"https://secure.gravatar.com/avatar/{digest}?s=80"


@variation("gravatar_url holds the address itself, and counts its changes.", GRAVATAR)
class GravatarCounts(Service):
    def gravatar_url(self, call: Call, user: User) -> str:
        name = base64.urlsafe_b64encode(user.gravatar_email.encode()).decode()
        return f"//img.example.org/{name}?v={user.gravatar_changes}"
