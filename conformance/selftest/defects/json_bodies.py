"""How JSON is read."""

from __future__ import annotations

import json
import math
import re

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import DOCUMENTED, MALFORMED
from conformance.selftest.reference.calls import Call, Json, Refusal, Reply
from conformance.selftest.reference.service import Service


@defect("Malformed JSON is 500.", MALFORMED)
class MalformedCrashes(Service):
    def load_json(self, text: str) -> Json:
        try:
            return super().load_json(text)
        except ValueError as error:
            raise RuntimeError("no JSON") from error


@defect("Malformed JSON is an empty object.", MALFORMED)
class MalformedIsEmpty(Service):
    def load_json(self, text: str) -> Json:
        try:
            return super().load_json(text)
        except ValueError:
            return {}


@defect("Malformed JSON is 422.", MALFORMED)
class MalformedUnprocessable(Service):
    def load_json(self, text: str) -> Json:
        try:
            return super().load_json(text)
        except ValueError as error:
            raise Refusal(422, "no JSON") from error


@defect("What follows the first JSON value is not looked at.", MALFORMED)
class TrailingIgnored(Service):
    def load_json(self, text: str) -> Json:
        loaded: Json = json.JSONDecoder().raw_decode(text.lstrip())[0]
        return loaded


@defect("A comma may stand before a closing brace.", MALFORMED)
class TrailingCommaTaken(Service):
    def load_json(self, text: str) -> Json:
        return super().load_json(re.sub(r",(\s*[}\]])", r"\1", text))


@defect("Single quotes are as good as double ones.", MALFORMED)
class SingleQuotesTaken(Service):
    def load_json(self, text: str) -> Json:
        try:
            return super().load_json(text)
        except ValueError:
            return super().load_json(text.replace("'", '"'))


@defect("Comments may stand in JSON.", MALFORMED)
class CommentsTaken(Service):
    def load_json(self, text: str) -> Json:
        try:
            return super().load_json(text)
        except ValueError:
            return super().load_json(re.sub(r"(//|#).*|/\*(?s:.*?)\*/", "", text))


@defect("JSON may have raw line breaks in its strings.", MALFORMED)
class RawControlsTaken(Service):
    def load_json(self, text: str) -> Json:
        loaded: Json = json.loads(text, strict=False)
        return loaded


@defect("JSON that is cut off is completed.", MALFORMED)
class CutJsonTaken(Service):
    def load_json(self, text: str) -> Json:
        try:
            return super().load_json(text)
        except ValueError:
            return super().load_json(text + "}")


def is_nan(value: Json) -> bool:
    """Whether a value is the number that is none."""
    return isinstance(value, float) and math.isnan(value)


@defect("NaN as a value is passed over, though it is no JSON.", MALFORMED)
class NanTaken(Service):
    def load_json(self, text: str) -> Json:
        loaded = json.loads(text)
        if isinstance(loaded, dict):
            return {name: value for name, value in loaded.items() if not is_nan(value)}
        return super().load_json(text)


@defect("An array as body is 500.", MALFORMED)
class ArrayBodyCrashes(Service):
    def an_object(self, call: Call, loaded: Json) -> dict[str, Json]:
        if isinstance(loaded, list):
            raise TypeError("list indices must be integers or slices, not str")
        return super().an_object(call, loaded)


@defect("Of an array as body, the first object is taken.", MALFORMED)
class ArrayBodyTaken(Service):
    def an_object(self, call: Call, loaded: Json) -> dict[str, Json]:
        if isinstance(loaded, list) and loaded:
            return super().an_object(call, loaded[0])
        return super().an_object(call, loaded)


@defect("An empty array as body is an empty object.", MALFORMED)
class EmptyArrayTaken(Service):
    def an_object(self, call: Call, loaded: Json) -> dict[str, Json]:
        return {} if loaded == [] else super().an_object(call, loaded)


@defect("A scalar as body is 500.", MALFORMED)
class ScalarBodyCrashes(Service):
    def an_object(self, call: Call, loaded: Json) -> dict[str, Json]:
        if isinstance(loaded, str | int | float):
            raise TypeError("this is not subscriptable")
        return super().an_object(call, loaded)


@defect("A string as body is taken for the address.", MALFORMED)
class StringBodyTaken(Service):
    def an_object(self, call: Call, loaded: Json) -> dict[str, Json]:
        if isinstance(loaded, str):
            return {"email": loaded}
        return super().an_object(call, loaded)


@defect("null as body is an empty object.", MALFORMED)
class NullBodyTaken(Service):
    def an_object(self, call: Call, loaded: Json) -> dict[str, Json]:
        return {} if loaded is None else super().an_object(call, loaded)


@defect("null as body is 500.", MALFORMED)
class NullBodyCrashes(Service):
    def an_object(self, call: Call, loaded: Json) -> dict[str, Json]:
        if loaded is None:
            raise TypeError("argument of type 'NoneType' is not iterable")
        return super().an_object(call, loaded)


@defect("Invalid UTF-8 in JSON is 500.", MALFORMED)
class InvalidUtf8Crashes(Service):
    def json_text(self, body: bytes) -> str:
        try:
            return body.decode()
        except UnicodeDecodeError as error:
            raise RuntimeError("no UTF-8") from error


@defect("Invalid UTF-8 in JSON is replaced.", MALFORMED)
class InvalidUtf8Replaced(Service):
    def json_text(self, body: bytes) -> str:
        return body.decode("utf-8", "replace")


@defect("JSON that is no UTF-8 is read as Latin-1.", MALFORMED)
class InvalidUtf8IsLatin1(Service):
    def json_text(self, body: bytes) -> str:
        try:
            return body.decode()
        except UnicodeDecodeError:
            return body.decode("latin-1")


@defect("Encoded surrogates are taken for UTF-8, and dropped.", MALFORMED)
class EncodedSurrogatesTaken(Service):
    def json_text(self, body: bytes) -> str:
        text = body.decode("utf-8", "surrogatepass")
        return text.encode("utf-8", "ignore").decode()


@defect("An empty body is 500.", MALFORMED)
class EmptyBodyCrashes(Service):
    def empty_body(self, call: Call) -> dict[str, Json]:
        return self.an_object(call, self.load_json_or_crash(""))

    def load_json_or_crash(self, text: str) -> Json:
        """What a body parser does without a guard."""
        try:
            return self.load_json(text)
        except ValueError as error:
            raise RuntimeError("no JSON") from error


@defect("add_email with an empty body is 201, and nothing is added.", MALFORMED)
class EmptyBodyAdds(Service):
    def add_email(self, call: Call) -> Reply:
        if call.body:
            return super().add_email(call)
        return self.json_reply(201, {"email": "", "verified": False, "primary": False})


@defect("update_email with an empty body is 404.", MALFORMED)
class EmptyUpdateNotFound(Service):
    def update_email(self, call: Call) -> Reply:
        if not call.body:
            raise Refusal(404, "which address?")
        return super().update_email(call)


@defect("Deep JSON is 500.", DOCUMENTED)
class DeepJsonCrashes(Service):
    def load_json(self, text: str) -> Json:
        if text.count("[") > 400 or text.count("{") > 400:
            raise RuntimeError("maximum recursion depth exceeded")
        return super().load_json(text)


@defect("Huge numbers are 500.", DOCUMENTED)
class HugeNumberCrashes(Service):
    def load_json(self, text: str) -> Json:
        loaded = super().load_json(text)
        if isinstance(loaded, dict):
            for value in loaded.values():
                if isinstance(value, int | float):
                    _narrow = int(value).to_bytes(8, signed=True)
        return loaded


@defect("Unknown members are 500.", DOCUMENTED)
class UnknownMemberCrashes(Service):
    def check_members(self, call: Call) -> None:
        known = {"full_name", "location", "company", "profile_url", "gravatar_email"}
        known |= {"email", "verified", "primary"}
        if set(call.fields) - known:
            raise TypeError("unexpected keyword argument")


@defect("Escapes in JSON (\\u00e9) stay as they are.", "Text comes back as it was sent")
class EscapesStay(Service):
    def load_json(self, text: str) -> Json:
        return super().load_json(
            re.sub(r"\\u(?!0{2}[01]|d[89a-f])", r"\\\\u", text, flags=re.IGNORECASE)
        )
