"""Bodies, and the values in them (415, 400)."""

from __future__ import annotations

import json
import re
from typing import NoReturn
from urllib.parse import unquote_to_bytes

from conformance.selftest.reference.access import Access
from conformance.selftest.reference.calls import Call, Json, Refusal

PROFILE = ("full_name", "location", "company", "profile_url", "gravatar_email")
MEMBERS = {
    "update_user": PROFILE,
    "add_email": ("email",),
    "update_email": ("email", "verified", "primary"),
    "delete_email": ("email",),
}
ADDRESS = re.compile(r"[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")
WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+([/?#].*)?", re.DOTALL)


def utf8(text: str) -> bool:
    """Tell whether a text fits into an answer: lone surrogates, which JSON can hold, do not."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def not_json(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(f"{name} is no JSON")


class Bodies(Access):
    """Reading of bytes to checked values."""

    longest_text = 500
    longest_address = 254

    def fields(self, call: Call) -> dict[str, Json]:
        """Return the members of the body, from JSON or from a form."""
        if call.is_form:
            return {**self.form_fields(call)}
        if call.media_type == "application/json" or call.media_type.endswith("+json"):
            return self.json_fields(call)
        if not call.headers.get("content-type"):
            return self.untyped_fields(call)
        return self.other_media_type(call)

    def untyped_fields(self, call: Call) -> dict[str, Json]:
        return self.json_fields(call)

    def other_media_type(self, call: Call) -> dict[str, Json]:
        raise Refusal(415, f"this server does not read {call.media_type}")

    def json_fields(self, call: Call) -> dict[str, Json]:
        if not call.body:
            return {}
        try:
            text = self.json_text(call.body)
        except UnicodeDecodeError as error:
            raise Refusal(400, "this is no UTF-8") from error
        try:
            loaded = self.load_json(text)
        except (ValueError, RecursionError) as error:
            raise Refusal(400, f"this is no JSON: {error}") from error
        return self.an_object(call, loaded)

    def json_text(self, body: bytes) -> str:
        return body.decode()

    def load_json(self, text: str) -> Json:
        loaded: Json = json.loads(text, parse_constant=not_json)
        return loaded

    def an_object(self, call: Call, loaded: Json) -> dict[str, Json]:
        if not isinstance(loaded, dict):
            raise Refusal(400, "the body must be an object")
        return loaded

    def form_fields(self, call: Call) -> dict[str, str]:
        pairs = (pair.partition(b"=") for pair in call.body.split(b"&") if pair)
        return {self.form_text(name): self.form_text(value) for name, _sign, value in pairs}

    def form_text(self, encoded: bytes) -> str:
        try:
            return unquote_to_bytes(encoded.replace(b"+", b" ")).decode()
        except UnicodeDecodeError as error:
            raise Refusal(400, "the form holds bytes that are no UTF-8") from error

    def check_members(self, call: Call) -> None:
        """Refuse unknown members: here, none."""

    def text(self, call: Call, name: str, value: Json) -> str:
        """Return a member of the profile as it will be stored."""
        if not isinstance(value, str):
            raise self.not_text(call, name)
        value = self.tidy(name, value)
        if name == "gravatar_email":
            return self.gravatar_address(call, value)
        if not utf8(value) or len(value) > self.longest_text:
            raise Refusal(400, f"{name} is too long, or holds half of a character")
        if name == "profile_url" and value and not WEB_ADDRESS.fullmatch(value):
            raise Refusal(400, "profile_url must be http or https")
        return value

    def not_text(self, call: Call, name: str) -> Refusal:
        return Refusal(400, f"{name} must be a string")

    def tidy(self, name: str, value: str) -> str:
        """Bring a value into its normal form: here, leave it."""
        return value

    def gravatar_address(self, call: Call, value: str) -> str:
        if not self.is_address(value):
            raise Refusal(400, "gravatar_email must be an address")
        return value

    def wanted_address(self, call: Call) -> str:
        """Return the member `email`, which three operations need."""
        if "email" not in call.fields:
            return self.no_address(call)
        value = call.fields["email"]
        if not isinstance(value, str):
            return self.address_of_other_type(call, value)
        value = self.tidy("email", value)
        return value if self.is_address(value) else self.malformed_address(call, value)

    def no_address(self, call: Call) -> str:
        raise Refusal(400, "email is missing")

    def address_of_other_type(self, call: Call, value: Json) -> str:
        raise Refusal(400, "email must be a string")

    def malformed_address(self, call: Call, value: str) -> str:
        raise Refusal(400, "email is no address")

    def is_address(self, value: str) -> bool:
        fits = len(value) <= self.longest_address and utf8(value)
        return fits and ADDRESS.fullmatch(value) is not None

    def flag(self, call: Call, name: str) -> bool:
        """Tell whether `verified` or `primary` is asked for: it is true, or it is absent."""
        if name not in call.fields:
            return False
        if call.is_form:
            return self.form_flag(call, name, str(call.fields[name]))
        return self.json_flag(call, name, call.fields[name])

    def form_flag(self, call: Call, name: str, value: str) -> bool:
        if value != "true":
            raise Refusal(400, f"{name} can only be set to true")
        return True

    def json_flag(self, call: Call, name: str, value: Json) -> bool:
        if value is not True:
            raise Refusal(400, f"{name} can only be set to true")
        return True
