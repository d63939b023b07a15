"""What is answered."""

from __future__ import annotations

import json

from conformance.selftest.changes import defect
from conformance.selftest.defects.clauses import DOCUMENTED, SUCCESS
from conformance.selftest.reference.calls import Call, Json, Reply
from conformance.selftest.reference.service import Service


def answered(name: str, sentence: str, operation: str, media_type: str | None) -> None:
    """Declare: a success has another media type."""

    @defect(sentence, SUCCESS, name)
    class Answered(Service):
        def operate(self, call: Call) -> Reply:
            reply = super().operate(call)
            if call.operation == operation:
                reply.headers = [one for one in reply.headers if one[0] != "Content-Type"]
                if media_type:
                    reply.header("Content-Type", media_type)
            return reply


answered("user_as_html", "get_user is text/html.", "get_user", "text/html; charset=utf-8")
answered("update_as_text", "update_user is text/plain.", "update_user", "text/plain")
answered("list_untyped", "list_emails has no media type.", "list_emails", None)
answered("add_as_form", "add_email is a form.", "add_email", "application/x-www-form-urlencoded")
answered(
    "update_email_as_javascript",
    "update_email is text/javascript.",
    "update_email",
    "text/javascript",
)


@defect("What is answered is a Python literal, not JSON.", SUCCESS)
class PythonLiteral(Service):
    def list_emails(self, call: Call) -> Reply:
        reply = super().list_emails(call)
        reply.body = repr(reply.data()).encode()
        return reply


@defect("JSON is answered in Latin-1.", SUCCESS)
class AnswersInLatin1(Service):
    def to_json(self, payload: Json) -> bytes:
        return json.dumps(payload, ensure_ascii=False).encode("latin-1", "replace")


@defect("JSON is wrapped into a function call.", SUCCESS)
class Padded(Service):
    def add_email(self, call: Call) -> Reply:
        reply = super().add_email(call)
        reply.body = b"callback(" + reply.body + b");"
        return reply


@defect("JSON follows a guard against hijacking.", SUCCESS)
class Guarded(Service):
    def list_emails(self, call: Call) -> Reply:
        reply = super().list_emails(call)
        reply.body = b")]}',\n" + reply.body
        return reply


@defect("get_user is 203.", DOCUMENTED)
class UserNonAuthoritative(Service):
    def get_user(self, call: Call) -> Reply:
        reply = super().get_user(call)
        reply.status = 203
        return reply


@defect("The seventh writing request, and each seventh after it, is 500.", DOCUMENTED)
class SeventhCrashes(Service):
    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def check_members(self, call: Call) -> None:
        self.writes += 1
        if self.writes % 7 == 0:
            raise RuntimeError("database is locked")
        super().check_members(call)
