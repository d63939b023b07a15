"""The way of a call through the server, from its route to its reply."""

from __future__ import annotations

import json
import secrets
import threading
from urllib.parse import parse_qs, unquote

from conformance.selftest.reference.calls import Call, Json, Refusal, Reply, Route
from conformance.selftest.reference.store import SEED, Store

NEEDED_SCOPE = {
    "get_user": "profile_read",
    "update_user": "profile_write",
    "list_emails": "email_read",
    "add_email": "email_write",
    "update_email": "email_write",
    "delete_email": "email_write",
}
READING = ("get_user", "list_emails")
# What follows the username in the path, and the operations there.
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
USERS_PATH = "/api/v1.1/users/"
CHALLENGES = ('Basic realm="accounts", charset="UTF-8"', 'Bearer realm="accounts"')


class Frame:
    """Routing and replies. What an operation does stands further down, in its own class."""

    prefix = ""
    json_type = "application/json; charset=utf-8"
    seed = SEED
    longest_body = 4 * 1024 * 1024
    interim: tuple[str, ...] = ()
    """Status lines that come before each answer."""

    def __init__(self) -> None:
        self.store = Store(self.seed)
        self.lock = threading.RLock()
        self.calls = 0

    def answer(self, call: Call) -> Reply:
        """The reply to a call, whatever it is."""
        with self.lock:
            self.calls += 1
            try:
                path = call.target.partition("?")[0]
                if path == f"{self.prefix}/mint":
                    return self.mint(call)
                call.route = self.route(call, path)
                with self.store.transaction():
                    return self.perform(call)
            except Refusal as refusal:
                return self.refuse(call, refusal)

    def perform(self, call: Call) -> Reply:
        """Access, reading and the operation itself: filled in by the classes below."""
        raise NotImplementedError

    def route(self, call: Call, path: str) -> Route:
        """Username and operation; other paths are 404, other methods 405."""
        start = self.prefix + USERS_PATH
        name, slash, place = path.removeprefix(start).partition("/")
        if not path.startswith(start) or not name or not slash or place not in PLACES:
            return self.elsewhere(call, path)
        methods = PLACES[place]
        if call.method not in methods:
            return self.other_method(call, [*methods, "OPTIONS"])
        return Route(methods[call.method], unquote(name, errors="replace"))

    def elsewhere(self, call: Call, path: str) -> Route:
        raise Refusal(404, "there is nothing here")

    def other_method(self, call: Call, allowed: list[str]) -> Route:
        allow = ("Allow", ", ".join(allowed))
        if call.method == "OPTIONS":
            raise Refusal(204, "", allow)
        raise Refusal(405, f"{call.method} is not for this place", allow)

    def mint(self, call: Call) -> Reply:
        """Outside of the API: a fresh token for any user and scopes."""
        wishes = parse_qs(call.target.partition("?")[2], keep_blank_values=True)
        token = secrets.token_urlsafe(24)
        self.store.add_token(token, wishes["user"][0], wishes["scopes"][0])
        return self.json_reply(201, {"token": token})

    def refuse(self, call: Call, refusal: Refusal) -> Reply:
        """The reply to a refused call."""
        reply = Reply(refusal.status, headers=list(refusal.headers))
        if refusal.status != 204:
            self.explain(reply, call, refusal)
        return reply

    def explain(self, reply: Reply, call: Call, refusal: Refusal) -> None:
        """Put the reason into the body, in this server's own form."""
        reply.header("Content-Type", self.json_type)
        reply.body = self.to_json({"error": refusal.reason})

    def json_reply(self, status: int, payload: Json) -> Reply:
        return Reply(status, self.to_json(payload), [("Content-Type", self.json_type)])

    def to_json(self, payload: Json) -> bytes:
        return json.dumps(payload, ensure_ascii=False).encode()
