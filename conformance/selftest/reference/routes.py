"""The way of a call through the service, from its route to its reply."""

from __future__ import annotations

import json
from urllib.parse import unquote

from conformance.selftest.reference.calls import Call, Json, Refusal, Reply, Route
from conformance.selftest.reference.store import Seed, Store

NEEDED_SCOPE = {
    "get_user": "profile_read",
    "update_user": "profile_write",
    "list_emails": "email_read",
    "add_email": "email_write",
    "update_email": "email_write",
    "delete_email": "email_write",
}
OPERATIONS = tuple(NEEDED_SCOPE)
READING = ("get_user", "list_emails")
BODILESS: tuple[str, ...] = ()
"""Those that write, and read no body."""
WRITING = tuple(name for name in OPERATIONS if name not in (*READING, *BODILESS))
EMAILS = ("add_email", "update_email", "delete_email")
"""Those whose body names an address."""
PLACES = {
    "": {"GET": "get_user", "HEAD": "get_user", "PATCH": "update_user"},
    "emails/": {
        "GET": "list_emails",
        "HEAD": "list_emails",
        "POST": "add_email",
        "PATCH": "update_email",
        "DELETE": "delete_email",
    },
}
"""The part of the path behind the username, and the operations there."""
USERS_PATH = "/api/v1.1/users/"


class Routes:
    """Routing and replies; what an operation does stands further down, in classes of their own.

    Attributes:
        prefix: The path before all others.
        json_type: The media type of what is sent.
        seed: The data to begin with.
    """

    prefix = ""
    json_type = "application/json; charset=utf-8"
    seed = Seed()

    def __init__(self) -> None:
        self.store = Store(self.seed)
        self.calls = 0

    def answer(self, call: Call) -> Reply:
        """Return the reply to a call, whatever it is."""
        self.calls += 1
        try:
            call.route = self.route(call, call.target.partition("?")[0])
            with self.store.transaction():
                return self.perform(call)
        except Refusal as refusal:
            return self.refuse(call, refusal)

    def perform(self, call: Call) -> Reply:
        """Carry a routed call out: filled in by the classes below."""
        raise NotImplementedError

    def route(self, call: Call, path: str) -> Route:
        """Find operation and username; other paths are 404, other methods 405."""
        start = self.prefix + USERS_PATH
        name, slash, place = path.removeprefix(start).partition("/")
        if not path.startswith(start) or not name or not slash or place not in PLACES:
            return self.elsewhere(call, path)
        methods = PLACES[place]
        if call.method not in methods:
            return self.other_method(call, [*methods, "OPTIONS"])
        return Route(methods[call.method], unquote(name, errors="replace"))

    def elsewhere(self, call: Call, path: str) -> Route:
        """Answer for a path of no operation."""
        raise Refusal(404, "there is nothing here")

    def other_method(self, call: Call, allowed: list[str]) -> Route:
        """Answer for a method that a path does not take."""
        allow = ("Allow", ", ".join(allowed))
        if call.method == "OPTIONS":
            raise Refusal(204, "", allow)
        raise Refusal(405, f"{call.method} is not for this place", allow)

    def refuse(self, call: Call, refusal: Refusal) -> Reply:
        """Return the reply to a refused call."""
        reply = Reply(refusal.status, headers=list(refusal.headers))
        if refusal.status != 204:
            self.explain(reply, call, refusal)
        return reply

    def explain(self, reply: Reply, call: Call, refusal: Refusal) -> None:
        """Put the reason into the body."""
        reply.header("Content-Type", self.json_type)
        reply.body = self.to_json({"error": refusal.reason})

    def json_reply(self, status: int, payload: Json) -> Reply:
        """Return a success with JSON."""
        return Reply(status, self.to_json(payload), [("Content-Type", self.json_type)])

    def to_json(self, payload: Json) -> bytes:
        """Write JSON."""
        return json.dumps(payload, ensure_ascii=False).encode()
