"""Which bodies are read, and how forms are."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import BOTH_KINDS, DOCUMENTED, FLAGS, PLUS
from conformance.selftest.reference.calls import Call, Json, Refusal
from conformance.selftest.reference.service import Service

# Which bodies are read


def form_refused(operation: str) -> None:
    """Declare: one operation reads no forms."""

    @defect(f"{operation} takes no forms.", BOTH_KINDS, f"no_forms_for_{operation}")
    class FormRefused(Service):
        def form_fields(self, call: Call) -> dict[str, str]:
            if call.operation == operation:
                raise Refusal(415, "JSON, please")
            return super().form_fields(call)


for _operation in ("update_user", "add_email", "update_email", "delete_email"):
    form_refused(_operation)


@defect("delete_email does not look into forms: the address is missing.", BOTH_KINDS)
class DeleteFormUnread(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        return {} if call.operation == "delete_email" else super().form_fields(call)


@defect("update_user takes forms only.", BOTH_KINDS)
class UpdateFormsOnly(Service):
    def json_fields(self, call: Call) -> dict[str, Json]:
        if call.operation == "update_user":
            raise Refusal(415, "a form, please")
        return super().json_fields(call)


@defect("delete_email reads no JSON body.", BOTH_KINDS)
class DeleteJsonUnread(Service):
    def json_fields(self, call: Call) -> dict[str, Json]:
        return {} if call.operation == "delete_email" else super().json_fields(call)


def parameter_refused(name: str, sentence: str, *, form: bool) -> None:
    """Declare: a media type must stand alone."""

    @defect(sentence, BOTH_KINDS, name)
    class ParameterRefused(Service):
        def fields(self, call: Call) -> dict[str, Json]:
            if ";" in call.headers.get("content-type", "") and call.is_form == form:
                raise Refusal(415, "no parameters, please")
            return super().fields(call)


parameter_refused("json_charset_refused", "JSON with a charset is 415.", form=False)
parameter_refused("form_charset_refused", "A form with a charset is 415.", form=True)


# Forms


def form_read(name: str, sentence: str, clause: str, read: Callable[[bytes], bytes]) -> None:
    """Declare: the bytes of a form are read otherwise."""

    @defect(sentence, clause, name)
    class FormRead(Service):
        def form_text(self, encoded: bytes) -> str:
            try:
                return read(encoded).decode()
            except UnicodeDecodeError:
                return super().form_text(encoded)


form_read("form_plus_stays", "In a form, + stays +.", PLUS, unquote_to_bytes)
form_read(
    "form_twice_decoded",
    "Forms are decoded twice: %2B becomes a space.",
    PLUS,
    lambda raw: unquote_to_bytes(
        unquote_to_bytes(raw.replace(b"+", b" ")).replace(b"+", b" "),
    ),
)
form_read(
    "form_plus_after",
    "In a form, + becomes a space after %2B became +.",
    PLUS,
    lambda raw: unquote_to_bytes(raw).replace(b"+", b" "),
)
form_read("form_not_decoded", "Forms are not decoded.", PLUS, lambda raw: raw.replace(b"+", b" "))
form_read(
    "form_lower_escapes",
    "In a form, escapes in lower case (%c3) are not decoded.",
    PLUS,
    lambda raw: unquote_to_bytes(
        re.sub(rb"%(?=[0-9a-f]{2})(?![0-9A-F]{2})", b"%25", raw.replace(b"+", b" "))
    ),
)


@defect("A form that is no UTF-8 is 500.", DOCUMENTED)
class FormBytesCrash(Service):
    def form_text(self, encoded: bytes) -> str:
        return unquote_to_bytes(encoded.replace(b"+", b" ")).decode()


@defect("A form with a malformed escape is 500.", DOCUMENTED)
class FormEscapesCrash(Service):
    def form_text(self, encoded: bytes) -> str:
        for part in encoded.split(b"%")[1:]:
            int(part[:2], 16)
        return super().form_text(encoded)


@defect("A form field without = is 500.", DOCUMENTED)
class FormNeedsSign(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        for pair in call.body.split(b"&"):
            _name, _value = pair.split(b"=", 1)
        return super().form_fields(call)


@defect("Of a form, only the first field is read.", BOTH_KINDS)
class FormFirstField(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        return dict(list(super().form_fields(call).items())[:1])


@defect("Of a form, three fields are read at most.", BOTH_KINDS)
class FormThreeFields(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        return dict(list(super().form_fields(call).items())[:3])


@defect("In a form, fields are separated by ; too.", PLUS)
class FormSemicolon(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        call.body = call.body.replace(b";", b"&")
        return super().form_fields(call)


@defect("In a form, a value ends at its second =.", BOTH_KINDS)
class FormSecondSign(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        pairs = (pair.split(b"=") for pair in call.body.split(b"&") if pair)
        return {self.form_text(one[0]): self.form_text(b"".join(one[1:2])) for one in pairs}


@defect("In a form, false is true: it is a text.", FLAGS)
class FormFalseIsTrue(Service):
    def form_flag(self, call: Call, name: str, value: str) -> bool:
        return bool(value)


@defect("In a form, true is refused: it is a text.", FLAGS)
class FormTrueRefused(Service):
    def form_flag(self, call: Call, name: str, value: str) -> bool:
        raise Refusal(400, f"{name} must be a boolean")


@defect("In a form, primary true is refused.", FLAGS)
class FormPrimaryRefused(Service):
    def form_flag(self, call: Call, name: str, value: str) -> bool:
        if name == "primary":
            raise Refusal(400, "primary must be a boolean")
        return super().form_flag(call, name, value)


@defect("In a form, flags are passed over.", FLAGS)
class FormFlagsIgnored(Service):
    def form_flag(self, call: Call, name: str, value: str) -> bool:
        return False


@defect("In a form, flags are written True and False.", FLAGS)
class FormFlagsCapital(Service):
    def form_flag(self, call: Call, name: str, value: str) -> bool:
        return super().form_flag(call, name, {"True": "true"}.get(value, ""))


@defect("In a form, digits become numbers, and are refused as a text.", BOTH_KINDS)
class FormDigitsRefused(Service):
    def form_fields(self, call: Call) -> dict[str, str]:
        fields = super().form_fields(call)
        if any(value.isdigit() for value in fields.values()):
            raise Refusal(400, "must be a string")
        return fields


@defect("In a form, the text true becomes a boolean, and is refused.", BOTH_KINDS)
class FormTrueTextRefused(Service):
    def text(self, call: Call, name: str, value: Json) -> str:
        if call.is_form and value in {"true", "false"}:
            raise Refusal(400, f"{name} must be a string")
        return super().text(call, name, value)
